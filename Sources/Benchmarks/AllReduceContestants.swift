import Diagnostics
import Kernels
import MPI
import Parallelism

/// Sums of `count` floats over all ranks, by each method over buffers of its own.
final class AllReduceContestants {
    private let world: Communicator
    private let count: Int
    private let stride: Int
    private let buffers: Int
    private let exchange: GradientExchange
    private let memory: AlignedFloats
    private let request = Request()

    /// Collective.
    init(world: Communicator, count: Int, buffers: Int) throws {
        (self.world, self.count, self.buffers) = (world, count, buffers)
        let stride = AlignedFloats.rounded(count)
        self.stride = stride
        exchange = try GradientExchange(
            world: world, floats: buffers * stride,
            buckets: (0..<buffers).map { ExchangeBucket($0 * stride..<$0 * stride + count) })
        memory = AlignedFloats(count: buffers * stride)
    }

    /// Sums the next of the buffers, round and round.
    func run(_ method: AllReduceBenchmark.Method, buffer: Int) throws {
        let buffer = buffer % buffers
        switch method {
        case .exchange:
            try exchange.start(buffer)
            try exchange.finish(buffer)
        case .allreduce:
            try world.allReduce(values(.allreduce, buffer), .sum)
        case .iallreduce:
            try world.startAllReduce(values(.iallreduce, buffer), .sum, with: request)
            try request.wait()
        }
    }

    /// Our exchange, while something else is done.
    ///
    /// - Parameter work: is given what lets the exchange go on.
    func run(buffer: Int, beside work: (_ progress: () throws -> Void) throws -> Void) throws {
        let buffer = buffer % buffers
        try exchange.start(buffer)
        try work { _ = try exchange.progress() }
        try exchange.finish(buffer)
    }

    /// Sums small integers, and leaves zeros: they stay zeros in every sum, so that no value overflows in however many calls.
    func check(_ method: AllReduceBenchmark.Method) throws {
        let first = values(method, 0)
        for index in 0..<count { first[index] = Float((index % 8 + 1) * (world.rank + 1)) }
        try run(method, buffer: 0)
        let factor = world.size * (world.size + 1) / 2
        let wrong = (0..<count).first { first[$0] != Float(($0 % 8 + 1) * factor) }
        if let wrong {
            throw Failure(
                .fault,
                "\(method) of \(count.grouped) floats over \(world.size) ranks: element \(wrong) is \(first[wrong]), "
                    + "expected \((wrong % 8 + 1) * factor)")
        }
        try world.barrier()
        for buffer in 0..<buffers { clear(method, buffer: buffer) }
        try world.barrier()
    }

    /// Writes zeros.
    func clear(_ method: AllReduceBenchmark.Method, buffer: Int) { values(method, buffer).update(repeating: 0) }

    func free() throws { try exchange.free() }

    private func values(_ method: AllReduceBenchmark.Method, _ buffer: Int) -> UnsafeMutableBufferPointer<Float> {
        let all = method == .exchange ? exchange.slots[0] : memory.buffer
        return UnsafeMutableBufferPointer(rebasing: all[buffer * stride..<buffer * stride + count])
    }
}
