import Foundation
import TestSupport
import Testing

/// A temporary directory with a small data set, where `lockstep study` is run for real.
struct StudyPlace {
    let directory: String
    var data: String { "\(directory)/data" }

    static func with<Result>(_ body: (StudyPlace) throws -> Result) throws -> Result {
        try withTemporaryDirectory { directory in
            let place = StudyPlace(directory: directory)
            let made = try place.lockstep(["data", "synthesize", place.data, "--training", "256", "--test", "64"])
            try #require(made.exitCode == 0, "\(made.report)")
            return try body(place)
        }
    }

    func lockstep(_ arguments: [String], environment: [String: String] = [:], timeLimit: Double = 60) throws -> Subprocess {
        try Subprocess.run(
            try buildProduct(named: "lockstep"), arguments, environment: Subprocess.cleanEnvironment().merging(environment) { $1 },
            timeLimit: timeLimit)
    }

    /// Starts `lockstep`, and does not wait for it.
    func start(_ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try buildProduct(named: "lockstep"))
        process.arguments = arguments
        process.environment = Subprocess.cleanEnvironment()
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        return process
    }

    /// The ranks that work on a study's trial, by what their command lines say; mpirun's says the same behind its own name.
    func ranks(of trial: String, in study: String) throws -> [Int32] {
        let ids = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
        return ids.filter { id in
            let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.first?.hasSuffix("/lockstep") == true && words.contains("\(directory)/\(study)/trials/\(trial)")
        }
    }

    /// Waits for what comes within a minute.
    /// - Returns: whether it came.
    func waits(for condition: () throws -> Bool) rethrows -> Bool {
        let patience = Date(timeIntervalSinceNow: 60)
        while Date() < patience {
            if try condition() { return true }
            Thread.sleep(forTimeInterval: 0.02)
        }
        return false
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(directory)/\(name)") }

    /// The arguments of a study of a small model, with trials of a second or less.
    func study(_ name: String, vary: [String], _ more: [String] = []) -> [String] {
        ["study", "lenet5-cifar10", "--data", data, "--epochs", "2", "--directory", "\(directory)/\(name)"]
            + vary.flatMap { ["--vary", $0] } + more
    }

    /// The lines of a study's table without its columns of seconds.
    func results(_ name: String) throws -> [String] {
        let text = try String(contentsOfFile: "\(directory)/\(name)/study.csv", encoding: .utf8)
        return text.split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).dropLast(2).joined(separator: ",")
        }
    }

    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(folder)").sorted()
    }
}
