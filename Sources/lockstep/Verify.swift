import ArgumentParser
import Cluster
import Diagnostics
import Foundation
import MPI

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train the same at several rank counts, and compare checkpoints and losses bit by bit.",
        discussion: """
            Starts mpirun once for each rank count, with --reproducible and a line of metrics.csv for each step, each in a run directory of its own; then \
            compares the SHA-256 of the last checkpoints, and all losses with all their digits. Ends with 0 where all are the same, with 70 \
            where they are not. Not to be started under mpirun.

            lockstep verify --np 1,2,4,8 resnet20-cifar10-short --data data/cifar10 --max-steps 50
            """)

    @Option(help: "The rank counts, separated by commas.")
    var np = "1,2,4,8"

    @Option(help: "Where the run directories are made and stay. (default: a temporary directory, which stays where runs differ)")
    var runs: String?

    @Argument(
        parsing: .allUnrecognized,
        help: "A recipe and options of 'lockstep train', without --run.")
    var training: [String] = []

    func run() throws {
        try LaunchEnvironment.refuse(for: "verify")
        let counts = try RankCounts.parse(np, least: 2)
        let directory = runs ?? FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-verify-\(getpid())").path
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw Failure(.io, "\(directory) cannot be made: \(reason(error))")
        }
        let comparison = RankCountComparison(
            rankCounts: counts, training: training + ["--reproducible", "--log-every", "1"], directory: directory)
        let outcomes = try compare(comparison)
        guard RankCountComparison.agree(outcomes) else {
            throw Failure(.fault, "the results differ between rank counts; the runs stay in \(directory)")
        }
        print("the same in every bit")
        if runs == nil { try? FileManager.default.removeItem(atPath: directory) }
    }

    private func compare(_ comparison: RankCountComparison) throws -> [RankCountComparison.Outcome] {
        let table = BenchTable(columns: [("ranks", 5), ("SHA-256 of the checkpoint", -64), ("losses", 6), ("last loss", 20)])
        table.printTitles()
        return try comparison.rankCounts.map { ranks in
            let outcome = try comparison.outcome(ranks: ranks)
            table.printRow(["\(ranks)", outcome.checkpointDigest, "\(outcome.losses.count)", outcome.lastLoss])
            return outcome
        }
    }
}
