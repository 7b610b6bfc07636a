import ArgumentParser
import Benchmarks
import Diagnostics
import Foundation
import MPI

struct BenchAllReduce: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allreduce",
        abstract: "Microseconds of a sum over all ranks: ours beside MPI's.",
        discussion: """
            exchange is ours: by memory that a node's ranks share, by messages between nodes. allreduce is MPI's, in place, \
            iallreduce its non-blocking one and a wait. They take turns; a time is the slowest rank's, over the turns the median and the least. Buffers are \
            the same in every call and touched by nobody between two (warm), the same but written by each rank before each call, as training \
            does (rewritten), or others in every call that together are larger than caches (rotated). At last the times as latency + bytes / \
            bandwidth, by the least relative errors. With --json also by how much longer a rank computes while ours goes on (core).

            mpirun -np 2 lockstep bench allreduce
            """)

    @Option(help: "The smallest sum, in bytes.")
    var smallest = 4

    @Option(help: "The largest sum, in bytes; each size is four times the one before.")
    var largest = 256 << 20

    @Option(help: "Seconds to measure each size for, with each kind of buffers.")
    var seconds = 1.0

    @Flag(help: "With --json: ours alone, of buffers that are written before each call; predictions are made from it.")
    var oursAlone = false

    @Flag(
        help:
            "Make waiting ranks, and the computation that overlaps an exchange, sleep instead of spin: for simulated hosts that share cores (see scaling --compute replay)."
    )
    var slept = false

    @Flag(help: "One line of JSON for each size, kind of buffers and method; times in seconds.")
    var json = false

    func run() throws {
        guard smallest >= 4, smallest.isMultiple(of: 4), largest >= smallest, largest <= 16 << 30 else {
            throw Failure(
                .usage,
                "--smallest and --largest: found \(smallest) and \(largest) bytes, expected whole floats of 4 bytes, up to 16 GB")
        }
        guard seconds > 0 && seconds <= 3_600 else {
            throw Failure(.usage, "--seconds: found \(seconds), expected a number above 0 and at most 3600")
        }
        guard json || !oursAlone else { throw Failure(.usage, "--ours-alone fills no table: give --json too") }
        try Ending.withWorld { world in
            var benchmark = AllReduceBenchmark()
            benchmark.duration = seconds
            if oursAlone { benchmark.methods = [.exchange] }
            if slept { IdleCore.sleep() }
            let tells = world.rank == 0
            if tells, !json { Self.table.printTitles() }
            var all: [AllReduceBenchmark.Result] = []
            for bytes in sequence(first: smallest, next: { $0 * 4 }).prefix(while: { $0 <= largest }) {
                for buffers in oursAlone ? [.rewritten] : AllReduceBenchmark.Buffers.allCases {
                    let results = try benchmark.run(bytes: bytes, buffers, on: world)
                    all += results
                    guard tells else { continue }
                    if json {
                        try results.forEach { try printLine(of: $0, ranks: world.size) }
                    } else {
                        printRow(of: results)
                    }
                }
            }
            if tells, !json { printFits(all, ranks: world.size) }
        }
    }

    private static let table = BenchTable(
        columns: [("bytes", 11), ("buffers", -9)]
            + AllReduceBenchmark.Method.allCases.flatMap { [("\($0.rawValue) µs", 14), ("least", 10)] } + [("MPI ÷ ours", 10)])

    /// One size with one kind of buffers.
    private func printRow(of results: [AllReduceBenchmark.Result]) {
        guard let ours = results.first(where: { $0.method == .exchange }) else { return }
        let theirs = results.filter { $0.method != .exchange }.map(\.median).min() ?? .nan
        Self.table.printRow(
            [ours.bytes.grouped, ours.buffers.rawValue]
                + results.flatMap { [rounded($0.median * 1e6, 2), rounded($0.minimum * 1e6, 2)] }
                + [rounded(theirs / ours.median, 1)])
    }

    private func printFits(_ results: [AllReduceBenchmark.Result], ranks: Int) {
        print("")
        for buffers in AllReduceBenchmark.Buffers.allCases {
            for method in AllReduceBenchmark.Method.allCases {
                let times = results.filter { $0.method == method && $0.buffers == buffers }.map { ($0.bytes, $0.median) }
                guard let fit = LatencyFit(times) else { continue }
                print(
                    "\(method.rawValue), \(buffers.rawValue), \(ranks) ranks: \(rounded(fit.latency * 1e6, 2)) µs "
                        + "+ bytes / (\(rounded(fit.bandwidth * 1e-9, 2)) GB/s)")
            }
        }
    }

    private func printLine(of result: AllReduceBenchmark.Result, ranks: Int) throws {
        let line = Line(
            ranks: ranks, bytes: result.bytes, buffers: result.buffers.rawValue, method: result.method.rawValue,
            turns: result.turns,
            seconds: ["median": result.median, "least": result.minimum].merging(result.core.map { ["core": $0] } ?? [:]) { $1 })
        try printJSON(line)
    }

    /// A result as scripts read it.
    struct Line: Codable {
        let ranks: Int
        let bytes: Int
        let buffers: String
        let method: String
        let turns: Int
        /// Of one call; `core` is by how much longer a rank computes beside it.
        let seconds: [String: Double]
    }
}
