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

    func lockstep(_ arguments: [String], timeLimit: Double = 60) throws -> Subprocess {
        try Subprocess.run(try buildProduct(named: "lockstep"), arguments, timeLimit: timeLimit)
    }

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
