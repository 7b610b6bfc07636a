import Foundation
import TestSupport
import Testing

/// A study that asks for it times its first trials on one rank and on two, once all trials have ended, and says so on its page.
@Suite(.timeLimit(.minutes(10))) struct SpeedUpTests {
    @Test func twoRanksBesideOne() throws {
        try StudyPlace.with { place in
            let arguments = [
                "study", "cnn-or-resnet", "--data", place.data, "--directory", "\(place.directory)/study", "--set",
                "model.width=0.02", "--set", "global-batch=32", "--epochs", "1", "--workers", "2",
            ]
            let run = try place.lockstep(arguments, timeLimit: 400)
            try #require(run.exitCode == 0, "\(run.report)")
            let page = try String(contentsOfFile: "\(place.directory)/study/study.html", encoding: .utf8)
            guard try place.names(in: "study").contains("scaling") else {
                // One core: nothing to compare.
                #expect(!page.contains("Two ranks beside one"))
                return
            }
            #expect(try place.names(in: "study/scaling") == ["trial-001", "trial-008"])
            #expect(page.contains("Two ranks beside one") && page.contains("Strong scaling"))
            // What is measured is not measured again.
            let before = try Data(contentsOf: URL(fileURLWithPath: "\(place.directory)/study/scaling/trial-001/scaling.json"))
            let again = try place.lockstep(arguments, timeLimit: 60)
            #expect(again.exitCode == 0 && again.standardOutput.contains("Karp and Flatt"), "\(again.report)")
            let after = try Data(contentsOf: URL(fileURLWithPath: "\(place.directory)/study/scaling/trial-001/scaling.json"))
            #expect(before == after)
        }
    }
}
