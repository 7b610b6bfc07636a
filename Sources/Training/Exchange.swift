import Diagnostics
import Kernels
import MPI
import Networks
import Parallelism
import Recorder

/// The exchanges of a step program, done, and noted in the flight recorder.
///
/// What MPI sums is there when `run` returns; buckets go on whenever `progress` is called.
final class Exchange {
    private let world: Communicator
    private let plan: Plan
    private let gradients: AlignedFloats
    private let buckets: GradientBuckets?
    private let sums = FigureSums()
    /// Nil where a step is only measured.
    private let recorder: FlightRecorder?
    /// The recorder's number of each bucket's exchange, in order of buckets.
    private var entered: [UInt64]
    private var pace = Pace()
    /// Nil while nobody wants to know when buckets start and finish.
    var timeline: StepTimeline? {
        didSet {
            let timeline = timeline
            for exchange in [buckets?.gradients, buckets?.parameters] {
                exchange?.onFinish = timeline.map { timeline in { timeline.finished($0) } }
            }
        }
    }

    init(world: Communicator, plan: Plan, gradients: AlignedFloats, buckets: GradientBuckets?, recorder: FlightRecorder?) {
        (self.world, self.plan, self.gradients) = (world, plan, gradients)
        (self.buckets, self.recorder) = (buckets, recorder)
        entered = [UInt64](repeating: 0, count: buckets?.count ?? 0)
    }

    /// Returns when the sum is there: gradients and statistics where they stand, figures in `figures`. Buckets that are under way go on
    /// meanwhile where figures are waited for. Allocates nothing.
    ///
    /// - Throws: `Failure(.mpi)`, as `Communicator.allReduce`.
    func run(_ collective: Collective, figures: inout StepFigures) throws {
        switch collective {
        case .gradients(let range): try sum(UnsafeMutableBufferPointer(rebasing: gradients.buffer[range]))
        case .statistics(let layer): try sum(plan.statistics(layer))
        case .figures:
            figures = try noted(.allReduce, count: FigureSums.count) {
                buckets == nil
                    ? try sums.total(of: figures, over: world) : try sums.total(of: figures, over: world, meanwhile: progress)
            }
        }
    }

    private func sum<T: MPIScalar>(_ values: UnsafeMutableBufferPointer<T>) throws {
        try noted(.allReduce, count: values.count) { try world.allReduce(values, .sum) }
    }

    /// The bytes of what an operation sums by MPI; 0 for all others.
    func byteCount(of operation: Operation) -> Int {
        guard case .exchange(let collective) = operation else { return 0 }
        return switch collective {
        case .gradients(let range): range.count * MemoryLayout<Float>.stride
        case .statistics(let layer): Self.byteCount(plan.statistics(layer))
        case .figures: FigureSums.count * MemoryLayout<Int64>.stride
        }
    }

    private static func byteCount<T>(_ values: UnsafeMutableBufferPointer<T>) -> Int { values.count * MemoryLayout<T>.stride }

    /// Does what may wait for other ranks, noted in the flight recorder.
    func noted<Result>(_ kind: CollectiveKind, count: Int, _ work: () throws -> Result) rethrows -> Result {
        try recorder.during(kind, count: count, work)
    }

    func start(_ bucket: Int, _ form: ExchangeForm) throws {
        timeline?.started(bucket, form)
        try start(bucket, form, by: exchange(of: form))
    }

    private func start(_ bucket: Int, _ form: ExchangeForm, by exchange: GradientExchange) throws {
        entered[bucket] = recorder?.collectiveEntered(kind: form.kind, count: exchange.buckets[bucket].range.count) ?? 0
        try exchange.start(bucket, form)
    }

    /// Goes on with all that is under way, and never waits; may be called as often as one likes.
    func progress() throws {
        guard let buckets, pace.isDue() else { return }
        _ = try buckets.gradients.progress()
        _ = try buckets.parameters?.progress()
    }

    /// Returns when the bucket's exchange is over; the others go on meanwhile.
    func finish(_ bucket: Int, _ form: ExchangeForm) throws {
        try finish(bucket, by: exchange(of: form))
    }

    private func finish(_ bucket: Int, by exchange: GradientExchange) throws {
        try exchange.finish(bucket, meanwhile: progress)
        recorder?.collectiveLeft(entered[bucket])
    }

    /// Leaves the whole of a state of which each rank owns a part in the gradients' slot 0 of every rank; what stood there is lost. Collective.
    func gather(_ state: OwnedState) throws {
        guard let buckets, let parameters = buckets.parameters else { fault("a state is gathered where it is shared out") }
        state.copy(to: gradients)
        // All are under way at once: between nodes each would otherwise wait for its own messages.
        for bucket in parameters.buckets.indices { try start(bucket, .allGather, by: buckets.gradients) }
        for bucket in parameters.buckets.indices { try finish(bucket, by: buckets.gradients) }
    }

    /// Returns when nothing is under way any more, so that all ranks can end together.
    func finishAll() throws {
        guard let buckets else { return }
        try waitUntil { try buckets.gradients.progress() && buckets.parameters?.progress() ?? true }
    }

    private func exchange(of form: ExchangeForm) throws -> GradientExchange {
        guard let exchange = form == .allGather ? buckets?.parameters : buckets?.gradients else {
            fault("nothing is there that could carry a bucket as \(form)")
        }
        return exchange
    }
}

/// What carries buckets: of gradients, and of parameters where each rank updates but a part of them.
struct GradientBuckets {
    let gradients: GradientExchange
    let parameters: GradientExchange?

    var count: Int { gradients.buckets.count }

    /// Collective over the world.
    func free() throws {
        try gradients.free()
        try parameters?.free()
    }
}

extension ExchangeForm {
    fileprivate var kind: CollectiveKind {
        switch self {
        case .allReduce: .allReduce
        case .reduceScatter: .reduceScatter
        case .allGather: .allGather
        }
    }
}
