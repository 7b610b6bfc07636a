import Cluster
import Foundation
import TestSupport
import Testing
import Training

/// What happens to a study when something around it goes wrong.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StudyFaultTests {
    /// One worker cannot write what its trial says: all stop, nothing is kept from others, and the next start goes on.
    @Test func aWorkersErrorEndsTheStudy() throws {
        try StudyPlace.with { place in
            let arguments = place.study("s", vary: ["optimiser.rate=0.01,0.02,0.03"], ["--workers", "2"])
            let blocked = "\(place.directory)/s/output/trial-002.txt"
            try FileManager.default.createDirectory(atPath: blocked, withIntermediateDirectories: true)
            let run = try place.lockstep(arguments)
            #expect(run.exitCode == 74 && !run.timedOut && run.leftovers.isEmpty, "\(run.report)")
            #expect(run.standardError.contains("output/trial-002.txt cannot be written"), "\(run.report)")
            let claims = try place.names(in: "s/claims")
            #expect(!claims.contains { $0.hasPrefix("trial-002") }, "\(claims)")
            #expect(!place.exists("s/ends/trial-002.json"))
            try FileManager.default.removeItem(atPath: blocked)
            let again = try place.lockstep(arguments)
            #expect(again.exitCode == 0 && again.leftovers.isEmpty, "\(again.report)")
            #expect(try place.results("s").dropFirst().allSatisfy { $0.contains(",done,2,8,") })
        }
    }

    /// As want of memory does it: the run goes on from its checkpoint, and comes to what it would have come to.
    @Test func aKilledRunIsTakenUp() throws {
        try StudyPlace.with { place in
            let vary = ["epochs=60"]
            let whole = try place.lockstep(place.study("whole", vary: vary))
            #expect(whole.exitCode == 0, "\(whole.report)")
            let process = try place.start(place.study("killed", vary: vary))
            #expect(place.waits { place.exists("killed/trials/trial-001/metrics.csv") && holdsCheckpoint(place, "killed") })
            let ranks = try place.ranks(of: "trial-001", in: "killed")
            #expect(ranks.count == 1)
            for rank in ranks { kill(rank, SIGKILL) }
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && process.terminationStatus == 0)
            #expect(try RunDirectory(path: "\(place.directory)/killed/trials/trial-001").read().circumstances.resumedFrom != nil)
            #expect(try place.results("killed") == place.results("whole"))
        }
    }

    /// Three times, then it is shown; the next start tries again.
    @Test func whatIsKilledAgainAndAgainFails() throws {
        try StudyPlace.with { place in
            let arguments = place.study("s", vary: ["seed=1"])
            // Behind the first epoch's checkpoint.
            let run = try place.lockstep(arguments, environment: ["LOCKSTEP_FAULT": "kill:0:6:prepare weights"])
            #expect(run.exitCode == 70 && run.leftovers.isEmpty, "\(run.report)")
            #expect(run.standardOutput.contains("failed with exit code 137"), "\(run.report)")
            #expect(run.standardOutput.contains("ended by signal 9 (Killed), in each of 3 attempts"), "\(run.report)")
            #expect(!run.standardOutput.contains(String(repeating: "-", count: 20)), "\(run.report)")
            let again = try place.lockstep(arguments)
            #expect(again.exitCode == 0 && again.leftovers.isEmpty, "\(again.report)")
            #expect(try place.results("s").last?.contains(",done,2,8,") == true, "\(again.report)")
        }
    }

    /// Another host has taken a trial from an owner that was only suspended: its ranks end, and it writes no end. A report tells how far
    /// the study is, and begins nothing.
    @Test func anOvertakenOwnerStops() throws {
        try StudyPlace.with { place in
            let process = try place.start(place.study("s", vary: ["epochs=2000"]))
            defer {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                _ = try? HostProcess.endAll(workingOn: "\(place.directory)/s/trials/trial-001")
            }
            #expect(place.waits { holdsCheckpoint(place, "s") })
            let owner = #"{"host": {"name": "another", "boot": "", "processNamespace": ""}, "process": {"id": 1, "start": 1}}"#
            try Data(owner.utf8).write(to: URL(fileURLWithPath: "\(place.directory)/s/claims/trial-001.2"))
            #expect(try place.waits { try place.ranks(of: "trial-001", in: "s").isEmpty })
            // Longer than from one attempt to the next.
            Thread.sleep(forTimeInterval: 4)
            #expect(try place.ranks(of: "trial-001", in: "s").isEmpty)
            #expect(try place.names(in: "s/ends").isEmpty)
            #expect(process.isRunning)

            let report = try place.lockstep(["report", "\(place.directory)/s"])
            #expect(report.exitCode == 0 && report.standardOutput.contains("1 of 1 trials have not ended"), "\(report.report)")
            let row = try #require(try place.results("s").last)
            #expect(row.contains(",running,") && !row.contains(",running,0,0,"), "\(row)")
            #expect(place.exists("s/study.html"))
            #expect(try place.ranks(of: "trial-001", in: "s").isEmpty)
            #expect(try place.names(in: "s/ends").isEmpty)
        }
    }

    /// A finished study is reported as it reported itself.
    @Test func aStudyIsReported() throws {
        try StudyPlace.with { place in
            let study = try place.lockstep(place.study("s", vary: ["optimiser.rate=0.01,1e9"]))
            #expect(study.exitCode == 0, "\(study.report)")
            let path = "\(place.directory)/s"
            let files = ["study.csv", "study.html"].map { "\(path)/\($0)" }
            let before = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
            for file in files { try FileManager.default.removeItem(atPath: file) }
            let text = try place.lockstep(["report", path, "--text"])
            #expect(text.exitCode == 0 && text.standardOutput.contains("Training diverges at rate 1e9"), "\(text.report)")
            #expect(!place.exists("s/study.csv") && !place.exists("s/study.html"))
            let report = try place.lockstep(["report", path])
            #expect(report.exitCode == 0 && report.standardOutput.contains("training diverges at rate 1e9"), "\(report.report)")
            #expect(try files.map { try String(contentsOfFile: $0, encoding: .utf8) } == before)
            let elsewhere = try place.lockstep(["report", path, "--output", "\(path)/other.html"])
            #expect(elsewhere.exitCode == 0 && place.exists("s/other.html"), "\(elsewhere.report)")
            let two = try place.lockstep(["report", path, "\(path)/trials/trial-001"])
            #expect(two.exitCode == 64 && two.standardError.contains("is a study: it is reported alone"), "\(two.report)")
        }
    }

    private func holdsCheckpoint(_ place: StudyPlace, _ study: String) -> Bool {
        let names = try? place.names(in: "\(study)/trials/trial-001/checkpoints")
        return names?.contains { $0.hasPrefix("step-") && $0.hasSuffix(".safetensors") } ?? false
    }
}
