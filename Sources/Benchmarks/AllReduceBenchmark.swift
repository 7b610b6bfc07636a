import Diagnostics
import MPI
import Statistics
import Tuning

/// A sum of floats over all ranks, measured: ours beside MPI's, in turns.
public struct AllReduceBenchmark: Sendable {
    /// Seconds to measure each size for, with each kind of buffers; five turns are taken at least.
    public var duration = 1.0
    /// What is measured, in turns.
    public var methods = Method.allCases

    public enum Method: String, Sendable, CaseIterable {
        /// `GradientExchange`.
        case exchange
        /// MPI_Allreduce, in place.
        case allreduce
        /// MPI_Iallreduce, in place, and a wait.
        case iallreduce
    }

    public enum Buffers: String, Sendable, CaseIterable {
        /// The same ones in every call, and nobody touches them between two: they stay where the method leaves them, which flatters
        /// methods that leave them in another core's cache.
        case warm
        /// The same ones, and each rank writes its own before each call, as training does; that is not in the times.
        case rewritten
        /// Others in every call, which together are larger than the caches; short ones are 1,024.
        case rotated

        func count(ofBytes bytes: Int) -> Int { self != .rotated ? 1 : min(1_024, max(2, (64 << 20) / max(1, bytes))) }
    }

    public struct Result: Sendable {
        public let bytes: Int
        public let buffers: Buffers
        public let method: Method
        public let turns: Int
        /// Wall seconds of a call on the slowest rank: over the turns the median and the least.
        public let median: Double
        public let minimum: Double
        /// Seconds by which a rank computes longer while the exchange between hosts goes on, on the slowest rank: the median over turns;
        /// of our exchange of rewritten buffers alone, and nil for all else.
        public let core: Double?
    }

    public init() {}

    /// Collective.
    ///
    /// - Parameter bytes: of the sum; whole floats.
    /// - Returns: a result for each of `methods`, on every rank.
    /// - Throws: `Failure(.fault)` where a method gives a wrong sum; `Failure(.mpi)`.
    public func run(bytes: Int, _ buffers: Buffers, on world: Communicator) throws -> [Result] {
        require(bytes > 0 && bytes.isMultiple(of: 4), "whole floats are summed, found \(bytes) bytes")
        let sums = try AllReduceContestants(world: world, count: bytes / 4, buffers: buffers.count(ofBytes: bytes))
        for method in methods { try sums.check(method) }
        // So many calls in a row that clocks and the ranks' common start are small beside them.
        let calls = bytes <= 16 << 10 ? 64 : bytes <= 512 << 10 ? 8 : 1
        var seconds = methods.map { _ in [Double]() }
        var next = 0
        let start = Seconds.wallNow()
        repeat {
            for (index, method) in methods.enumerated() {
                let whole = try secondsOfCalls(method, sums, buffers, next..<next + calls, world)
                seconds[index].append(whole / Double(calls))
            }
            next += calls
        } while try world.broadcast(seconds[0].count < 6 || Seconds.wallNow() - start < duration ? 1 : 0, from: 0) == 1
        let core =
            buffers == .rewritten && methods.first == .exchange
            ? try ExchangeWork(sums, world).seconds(exchange: seconds[0].median, firstBuffer: next) : nil
        try sums.free()
        return try zip(methods, seconds).map { method, own in
            // The first turn touches memory and makes connections.
            var slowest = Array(own.dropFirst())
            try slowest.withUnsafeMutableBufferPointer { try world.allReduce($0, .max) }
            return Result(
                bytes: bytes, buffers: buffers, method: method, turns: slowest.count, median: slowest.median,
                minimum: slowest.min() ?? .nan, core: method == .exchange ? core : nil)
        }
    }

    /// Wall seconds of a row of calls, the numbers of whose buffers are given.
    private func secondsOfCalls(
        _ method: Method, _ sums: AllReduceContestants, _ buffers: Buffers, _ numbers: Range<Int>, _ world: Communicator
    ) throws -> Double {
        guard buffers == .rewritten else {
            return try measured(world) { for number in numbers { try sums.run(method, buffer: number) } }
        }
        return try numbers.reduce(0) { seconds, number in
            sums.clear(method, buffer: 0)
            return seconds + (try measured(world) { try sums.run(method, buffer: number) })
        }
    }

    /// Wall seconds of what all ranks begin together.
    private func measured(_ world: Communicator, _ work: () throws -> Void) throws -> Double {
        try world.barrier()
        let begin = Seconds.wallNow()
        try work()
        return Seconds.wallNow() - begin
    }
}
