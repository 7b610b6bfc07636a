import Diagnostics
import Foundation
import Networks
import TestSupport
import Testing
import Training

@testable import Studies

/// Who joins which directory.
@Suite struct StudyDirectoryTests {
    private func study(_ question: String = "?", rate: String = "0.1") throws -> Study {
        Study(
            name: "planted", question: question, analysis: .comparison,
            trials: try Study.trials(
                of: [Variation([RecipeSetting("optimiser.rate", rate)])],
                over: Recipe(experiment: Experiment(model: .named(BuiltInModel(.lenet5)))), seeds: 1))
    }

    private func join(_ study: Study, at given: String? = nil, ranks: Int = 1, in parent: String) throws -> StudyDirectory {
        try StudyDirectory.join(study, at: given, command: ["lockstep", "study"], ranksPerTrial: ranks, in: parent)
    }

    @Test func theSameStudyIsJoinedWhateverItsWords() throws {
        try withTemporaryDirectory { parent in
            let first = try join(try study(), in: parent)
            #expect(first.path == "\(parent)/planted-1")
            #expect(try join(try study("Asked in better words?"), in: parent) == first)
            #expect(try join(try study("Asked in better words?"), at: first.path, in: parent) == first)
            #expect(try join(try study(rate: "0.2"), in: parent).path == "\(parent)/planted-2")
        }
    }

    /// By number, what cannot be read is another study; where the directory is given, it is said.
    @Test(arguments: ["", "{", #"{"study": {"name": "planted"}, "command": []}"#])
    func unreadableOnesAreOthers(text: String) throws {
        try withTemporaryDirectory { parent in
            let old = try join(try study(), in: parent)
            try Data(text.utf8).write(to: URL(fileURLWithPath: old.description))
            #expect(try join(try study(), in: parent).path == "\(parent)/planted-2")
            let failure = #expect(throws: Failure.self) { try join(try study(), at: old.path, in: parent) }
            #expect(failure?.kind == .badData, "\(failure?.description ?? "")")
            #expect(failure?.description.contains("another --directory") == true, "\(failure?.description ?? "")")
        }
    }

    @Test func ranksPerTrialAreOneNumber() throws {
        try withTemporaryDirectory { parent in
            let first = try join(try study(), ranks: 2, in: parent)
            #expect(try first.record().ranksPerTrial == 2)
            #expect(try join(try study(), ranks: 2, in: parent) == first)
            for given in [nil, first.path] {
                let failure = #expect(throws: Failure.self) { try join(try study(), at: given, ranks: 1, in: parent) }
                #expect(failure?.kind == .usage, "\(failure?.description ?? "")")
                #expect(
                    failure?.description.hasPrefix("--ranks-per-trial: found 1, but \(first.path) holds this study with 2") == true,
                    "\(failure?.description ?? "")")
            }
            // An earlier lockstep wrote none.
            let text = try String(contentsOfFile: first.description, encoding: .utf8).replacing(
                #/\s*"ranksPerTrial" : 2,/#, with: "")
            try Data(text.utf8).write(to: URL(fileURLWithPath: first.description))
            #expect(try first.record().ranksPerTrial == nil)
            #expect(try join(try study(), ranks: 1, in: parent) == first)
        }
    }
}
