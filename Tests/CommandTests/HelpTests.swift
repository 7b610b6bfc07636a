import Foundation
import TestSupport
import Testing

/// Help texts are interface: each command has one, and it comes without MPI and without a run.
@Suite(.timeLimit(.minutes(5))) struct HelpTests {
    @Test func everyCommandHasHelp() throws {
        let commands = try CommandTree.all()
        #expect(commands.count > 30 && commands.contains(["data", "fetch"]) && !commands.contains(["doctor-probe"]), "\(commands)")
        for command in commands {
            let run = try Subprocess.run(try buildProduct(named: "lockstep"), command + ["--help"], timeLimit: 20)
            expectSuccess(run)
            #expect(run.standardOutput.contains("USAGE: lockstep \(command.joined(separator: " "))"), "\(run.report)")
            #expect(run.standardError.isEmpty, "\(run.report)")
            try expectPlain(run)
        }
    }

    @Test func exitCodesAreListed() throws {
        let run = try Subprocess.run(try buildProduct(named: "lockstep"), ["--help"], timeLimit: 20)
        let text = run.standardOutput.replacing("\n", with: " ")
        for code in [
            "0 done", "64 wrong", "65 bad data", "66 something", "69 MPI", "70 a fault", "74 something", "75 stopped",
            "76 training", "80 a rank", "81 a rank", "82 ranks",
        ] {
            #expect(text.contains(code), "\(run.report)")
        }
    }

    /// The options and their order, as users and scripts know them.
    @Test func optionsOfTrain() throws {
        let run = try Subprocess.run(try buildProduct(named: "lockstep"), ["train", "--help"], timeLimit: 20)
        let options = run.lines.compactMap { $0.prefixMatch(of: #/  (--[a-z-]+)/#).map { String($0.1) } }
        #expect(
            options == [
                "--model", "--data", "--epochs", "--max-steps", "--global-batch", "--micro-batches", "--validation", "--subset",
                "--sync-batchnorm", "--convolution", "--tune-kernels", "--learning-rate", "--momentum", "--nesterov",
                "--weight-decay", "--schedule", "--augment", "--seed", "--run", "--resume", "--keep",
                "--checkpoint-every", "--time-limit", "--deadline", "--log-every",
                "--histograms-every",
                "--parallelism", "--scheme", "--variable-batch", "--exchange",
                "--overlap", "--reproducible", "--wire", "--bucket-size", "--check-every", "--trace", "--version",
            ], "\(run.report)")
    }

    @Test func version() throws {
        let run = try Subprocess.run(try buildProduct(named: "lockstep"), ["--version"], timeLimit: 20)
        expectSuccess(run)
        #expect(run.lines.count == 1 && run.standardOutput.contains(/^[0-9]+\.[0-9]+\.[0-9]+/))
    }

    /// Training's own output, under mpirun too, whose ranks have a pseudo-terminal.
    @Test(arguments: [nil, 2]) func outputIsPlainWhereNobodyWatches(ranks: Int?) throws {
        try Workplace.with { place in
            let run = try place.train(run: "run", maxSteps: 12, ranks: ranks)
            expectSuccess(run)
            try expectPlain(run)
            let epochs = run.lines.filter { $0.hasPrefix("epoch ") }
            #expect(
                epochs.count == 2 && epochs.allSatisfy { $0.contains("train loss ") && $0.contains("test loss ") }, "\(run.report)")
            #expect(run.lines.contains("global batch 64 = 8 micro-batches × 8; \(ranks.map { "\($0) ranks × 4" } ?? "1 rank × 8")"))
        }
    }
}

/// The commands as the executable itself lists them, without those that are not displayed.
private struct CommandTree: Decodable {
    struct Root: Decodable { let command: CommandTree }

    let commandName: String
    let shouldDisplay: Bool
    let subcommands: [CommandTree]?

    /// The words of each command behind `lockstep`, which itself has none.
    static func all() throws -> [[String]] {
        let run = try Subprocess.run(try buildProduct(named: "lockstep"), ["--experimental-dump-help"], timeLimit: 20)
        return try JSONDecoder().decode(Root.self, from: Data(run.standardOutput.utf8)).command.words()
    }

    /// `help` is the argument parser's own.
    private func words() -> [[String]] {
        [[]]
            + (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }.flatMap { command in
                command.words().map { [command.commandName] + $0 }
            }
    }
}
