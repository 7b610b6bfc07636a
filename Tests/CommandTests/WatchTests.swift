import Foundation
import TestSupport
import Testing

/// A run followed from another process.
@Suite(.timeLimit(.minutes(5))) struct WatchTests {
    @Test func aRunThatHasEndedIsToldAtOnce() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 20))
            let run = try place.lockstep(["watch", place.path("run")])
            expectSuccess(run)
            try expectPlain(run)
            #expect(run.lines.first?.hasPrefix("lenet5 on cifar10 (600 training") == true && run.duration < 10, "\(run.report)")
            #expect(run.lines.contains { $0.hasPrefix("epoch 2/10  train loss ") && $0.contains("  test loss ") }, "\(run.report)")
            #expect(run.lines.last == "finished: trained to the end, step 20", "\(run.report)")
        }
    }

    @Test func divergenceIsTold() throws {
        try Workplace.with { place in
            let training = try place.train(run: "run", maxSteps: 20, ["--learning-rate", "1e30"])
            #expect(training.exitCode == 76, "\(training.report)")
            let run = try place.lockstep(["watch", place.path("run")])
            expectSuccess(run)
            #expect(run.lines.last?.contains("training has diverged") == true, "\(run.report)")
        }
    }

    /// A run is followed to its end: its progress, its epochs, and how it ended.
    @Test func followsARunToItsEnd() throws {
        try Workplace.with { place in
            let training = try Background(place, place.training(run: "run", maxSteps: 4000) + ["--epochs", "1000"])
            defer { training.end(SIGKILL) }
            try training.wait { place.exists("run/metrics.csv") }
            let run = try place.lockstep(["watch", place.path("run")], timeLimit: 120)
            expectSuccess(run)
            try expectPlain(run)
            let progress =
                #/epoch [0-9,]+/1000  step [0-9,]+/4,000 \([0-9]+ %\)  loss [0-9.]+ accuracy [0-9.]+  [0-9,]+ images/s  .* left/#
            #expect(run.lines.contains { $0.wholeMatch(of: progress) != nil }, "\(run.report)")
            #expect(run.lines.last == "finished: trained to the end, step 4,000", "\(run.report)")
        }
    }

    /// A process that is stopped stands still; one that is killed is no more.
    @Test func aRunThatStandsStillAndOneThatIsKilled() throws {
        try Workplace.with { place in
            let training = try Background(place, place.training(run: "run", maxSteps: 1_000_000) + ["--epochs", "1000000"])
            defer { training.end(SIGKILL) }
            try training.wait { place.exists("run/metrics.csv") }
            let watching = try Background(place, ["watch", place.path("run"), "--still-after", "1"])
            defer { watching.end(SIGKILL) }
            try watching.wait { watching.output.contains("images/s") }
            training.end(SIGSTOP)
            try watching.wait { watching.output.contains("stands still: nothing has changed for ") }
            #expect(watching.output.contains("rank 0 on "))
            training.end(SIGCONT)
            try watching.wait { watching.output.contains("goes on: ") }
            training.end(SIGKILL)
            try watching.wait { !watching.isRunning }
            #expect(watching.output.contains("its process is no more"), "\(watching.output)")
            #expect(
                watching.output.contains("killed after step ") && watching.output.contains("rank 0 left no word"),
                "\(watching.output)"
            )
        }
    }

    @Test func whatCannotBeWatched() throws {
        try Workplace.with { place in
            expectFailure(try place.lockstep(["watch", place.path("nowhere")]), code: 66, "nowhere is no run directory")
            expectFailure(try place.lockstep(["watch", place.path("nowhere"), "--still-after", "-1"]), code: 64, "--still-after")
        }
    }
}

/// A command that goes on while the test does something else.
private final class Background {
    private let process = Process()
    private let file: String

    init(_ place: Workplace, _ arguments: [String]) throws {
        file = place.path("\(arguments[0]).out")
        try Data().write(to: URL(fileURLWithPath: file))
        process.executableURL = URL(fileURLWithPath: try buildProduct(named: "lockstep"))
        process.arguments = arguments
        process.environment = Subprocess.cleanEnvironment()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: file)
        process.standardError = FileHandle(forWritingAtPath: file)
        try process.run()
    }

    var isRunning: Bool { process.isRunning }
    var output: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

    /// Sends a signal; waits for the end that SIGKILL makes.
    func end(_ signal: Int32) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, signal)
        if signal == SIGKILL { process.waitUntilExit() }
    }

    /// Waits until something holds, and fails the test where it does not within half a minute.
    func wait(until condition: () -> Bool, at location: SourceLocation = #_sourceLocation) throws {
        let deadline = Date(timeIntervalSinceNow: 30)
        while !condition(), Date() < deadline { Thread.sleep(forTimeInterval: 0.05) }
        try #require(condition(), "\(output)", sourceLocation: location)
    }
}
