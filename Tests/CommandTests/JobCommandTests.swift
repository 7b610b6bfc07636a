import Foundation
import TestSupport
import Testing

/// `lockstep job`: what it writes, and what it refuses before a job has waited for its turn.
@Suite(.timeLimit(.minutes(5))) struct JobCommandTests {
    private func job(_ arguments: [String]) throws -> Subprocess {
        try Subprocess.run(try buildProduct(named: "lockstep"), ["job"] + arguments, timeLimit: 20)
    }

    private static let usual = ["lenet5-cifar10", "--data", "data/cifar10", "--nodes", "2", "--ranks-per-node", "4"]

    /// The files of scripts/ say themselves by which command they were written.
    @Test func theFilesOfScriptsAreWrittenByTheirOwnCommands() throws {
        let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("scripts").path
        var found = 0
        for folder in ["slurm", "pbs", "kubernetes"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(scripts)/\(folder)") {
                let text = try String(contentsOfFile: "\(scripts)/\(folder)/\(name)", encoding: .utf8)
                let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("#   lockstep job ") })
                let run = try job(line.dropFirst("#   lockstep job ".count).split(separator: " ").map(String.init))
                expectSuccess(run)
                #expect(run.standardOutput == text, "\(folder)/\(name)")
                found += 1
            }
        }
        #expect(found >= 10)
    }

    @Test func aFileIsWritten() throws {
        try withTemporaryDirectory { directory in
            let run = try job(["slurm"] + Self.usual + ["--output", "\(directory)/a.sbatch", "--", "--epochs", "3"])
            expectSuccess(run)
            let text = try String(contentsOfFile: "\(directory)/a.sbatch", encoding: .utf8)
            #expect(
                run.standardOutput.isEmpty && text.contains("training=(train lenet5-cifar10 --data data/cifar10 --epochs 3)\n"),
                "\(text)")
        }
    }

    @Test func faultsAreToldBeforeTheJobWaits() throws {
        expectFailure(try job(["slurm", "no-such-recipe"] + Self.usual.dropFirst()), code: 66, "no-such-recipe")
        expectFailure(try job(["slurm"] + Self.usual + ["--", "--epoch", "3"]), code: 64, "Unknown option '--epoch'")
        expectFailure(
            try job(["slurm"] + Self.usual + ["--array", "learning-rte=1,2"]), code: 64, "Unknown option '--learning-rte'")
        expectFailure(try job(["slurm"] + Self.usual + ["--array", "learning-rate=1,two"]), code: 64, "two")
        expectFailure(
            try job(["slurm", "lenet5-cifar10", "--data", "d", "--nodes", "3", "--ranks-per-node", "4"]), code: 64, "12 ranks")
        expectFailure(try job(["slurm", "lenet5-cifar10", "--nodes", "2"]), code: 64, "--data")
        expectFailure(try job(["pbs"] + Self.usual + ["--time", "soon"]), code: 64, "--time: found 'soon'")
        expectFailure(try job(["kubernetes"] + Self.usual), code: 64, "--image")
        expectFailure(try job(["slurm"] + Self.usual + ["--partition", "a\nb"]), code: 64, "--partition")
        expectFailure(try job(["slurm"] + Self.usual + ["--output", "/proc/none/a"]), code: 74, "/proc/none/a")
    }
}
