import Foundation
import TestSupport
import Testing

/// A temporary directory with a small data set in it, and the built `lockstep` to work there.
///
/// 600 training images at a global batch of 64 make ten steps an epoch, the last of 24 samples.
struct Workplace {
    let directory: String
    var data: String { "\(directory)/data" }

    /// Calls `body` with a new one, which is removed afterwards.
    static func with<Result>(training: Int = 600, test: Int = 200, _ body: (Workplace) throws -> Result) throws -> Result {
        try withTemporaryDirectory { directory in
            let place = Workplace(directory: directory)
            let made = try place.lockstep(["data", "synthesize", place.data, "--training", "\(training)", "--test", "\(test)"])
            expectSuccess(made)
            return try body(place)
        }
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// Runs `lockstep`; with `ranks`, under mpirun.
    func lockstep(
        _ arguments: [String], ranks: Int? = nil, environment: [String: String] = [:], timeLimit: Double = 60
    ) throws -> Subprocess {
        let program = try buildProduct(named: "lockstep")
        let whole = Subprocess.cleanEnvironment().merging(environment) { $1 }
        guard let ranks else { return try Subprocess.run(program, arguments, environment: whole, timeLimit: timeLimit) }
        return try mpirun(ranks: ranks, program, arguments, environment: whole, timeLimit: timeLimit)
    }

    /// The arguments of `lockstep train` with everything on that could depend on ranks: dropout, augmentation, a short last batch, momentum
    /// and weight decay; every step is logged.
    func training(run: String, maxSteps: Int = 20) -> [String] {
        [
            "train", "--run", path(run), "--max-steps", "\(maxSteps)", "--model", "lenet5", "--data", data, "--global-batch", "64",
            "--learning-rate", "0.02", "--momentum", "0.9", "--weight-decay", "0.001", "--augment", "standard", "--seed", "7",
            "--log-every", "1",
        ]
    }

    /// Runs `lockstep train` with these arguments and more.
    func train(run: String, maxSteps: Int = 20, ranks: Int? = nil, _ more: [String] = []) throws -> Subprocess {
        try lockstep(training(run: run, maxSteps: maxSteps) + more, ranks: ranks)
    }

    /// Runs `lockstep train --resume` on a run.
    func resume(run: String, maxSteps: Int = 20, ranks: Int? = nil, _ more: [String] = []) throws -> Subprocess {
        try lockstep(["train", "--resume", "--run", path(run), "--max-steps", "\(maxSteps)"] + more, ranks: ranks)
    }

    func checkpoint(run: String, step: Int) -> String {
        let number = String(step)
        return path("\(run)/checkpoints/step-\(String(repeating: "0", count: 8 - number.count))\(number).safetensors")
    }

    func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    /// Replaces a file's bytes by changed ones.
    func change(_ path: String, _ body: (inout Data) -> Void) throws {
        var bytes = try bytes(path)
        body(&bytes)
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    /// Writes a text file and returns its path.
    func write(_ text: String, _ name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
}

/// A run that did what it was asked for, and left nothing.
func expectSuccess(_ run: Subprocess, at location: SourceLocation = #_sourceLocation) {
    #expect(run.exitCode == 0 && !run.timedOut && run.leftovers.isEmpty, "\(run.report)", sourceLocation: location)
}

/// A run that ended in good order with a documented exit code, and told each of `parts` in one message; neither a crash nor a hang.
func expectFailure(
    _ run: Subprocess, code: Int32, _ parts: String..., within seconds: Double = 20, at location: SourceLocation = #_sourceLocation
) {
    #expect(run.exitCode == code && !run.timedOut && run.leftovers.isEmpty, "\(run.report)", sourceLocation: location)
    #expect(run.duration < seconds, "\(run.report)", sourceLocation: location)
    #expect(!run.standardError.contains("Fatal error"), "\(run.report)", sourceLocation: location)
    for part in parts { #expect(run.standardError.contains(part), "no \"\(part)\": \(run.report)", sourceLocation: location) }
    let told = run.standardError.split(separator: "\n").count { $0.hasPrefix("error: ") || $0.hasPrefix("Error: ") }
    #expect(told == 1, "told \(told) times: \(run.report)", sourceLocation: location)
}
