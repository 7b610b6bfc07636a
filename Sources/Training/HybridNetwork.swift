import Datasets
import Diagnostics
import MPI
import Networks
import Parallelism

/// A rank's share of a network whose linear layers are divided over the ranks: everything in front of them as a plan for each group of
/// micro-batches, since all of their activations wait for the linear layers together, and its neurons of the linear layers.
final class HybridNetwork {
    let divided: DividedModel
    let fronts: [Plan]
    let linear: LinearPart
    let outline: LinearOutline
    private let groups: [Range<Int>]
    private let partition: BatchPartition
    private let scheme: HybridScheme
    private let passes: Int
    private let rank: Int
    /// By the samples of a global batch: that of an epoch's end is short.
    private var schedules: [Int: LinearSchedule] = [:]
    /// Of the step that was begun last.
    private var linearPasses: [LinearPass] = []
    private(set) var batchCount = 0

    /// Collective over the world.
    init(
        _ divided: DividedModel, _ experiment: Experiment, scheme: HybridScheme, partition: BatchPartition, work: RankWork,
        world: Communicator
    ) throws {
        (self.divided, self.partition, self.scheme, groups, rank) = (divided, partition, scheme, work.groups, world.rank)
        let layout = divided.layout(ofPart: world.rank)
        fronts = work.groups.map { _ in Plan(of: divided.frontPart(in: layout), work.options) }
        passes = Self.shares(of: experiment, partition)
        outline = LinearOutline(
            layers: divided.linearCount, passes: Self.passes(of: experiment, scheme, partition),
            parameterCount: divided.linearFloats, updatesEachPass: experiment.variableBatch != nil)
        linear = try LinearPart(
            divided, layout: layout, loss: experiment.loss,
            capacity: Self.capacity(of: experiment, scheme, partition, rank: world.rank), passes: outline.passes, world: world)
    }

    /// Into how many shares a global batch is cut.
    private static func shares(of experiment: Experiment, _ partition: BatchPartition) -> Int {
        experiment.variableBatch?.passes ?? partition.ranks
    }

    private static func passes(of experiment: Experiment, _ scheme: HybridScheme, _ partition: BatchPartition) -> Int {
        scheme == .a ? 1 : shares(of: experiment, partition)
    }

    private static func capacity(
        of experiment: Experiment, _ scheme: HybridScheme, _ partition: BatchPartition, rank: Int
    ) -> HybridCapacity {
        let shares = shares(of: experiment, partition)
        let counts = (0..<shares).map { share($0, of: shares, partition).count * partition.largestMicroBatch }
        return HybridCapacity(
            globalBatch: partition.globalBatch, share: partition.largestShare(ofRank: rank),
            pass: scheme.largestPass(ofShares: counts))
    }

    /// The bytes of a rank's plans and of all buffers between them; its parameters and gradients are not in it.
    static func byteCount(
        of divided: DividedModel, _ experiment: Experiment, scheme: HybridScheme, partition: BatchPartition, work: RankWork,
        rank: Int
    ) -> Int {
        let layout = divided.layout(ofPart: rank)
        let capacity = capacity(of: experiment, scheme, partition, rank: rank)
        let fronts = work.groups.count * Plan.size(of: divided.frontPart(in: layout), work.options).plan
        let linear = (0..<divided.linearCount).reduce(0) { sum, layer in
            sum + Plan.size(of: divided.linearPart(layer, part: rank, in: layout), Plan.Options(capacity: capacity.pass)).plan
        }
        let passes = passes(of: experiment, scheme, partition)
        return fronts + linear
            + LinearBufferSizes(divided, capacity: capacity, passes: passes).bytes(ofPart: rank)
    }

    /// The micro-batches of one of several shares of a global batch; of as many as there are ranks, those of a rank.
    private static func share(_ number: Int, of shares: Int, _ partition: BatchPartition) -> Range<Int> {
        number * partition.microBatches / shares..<(number + 1) * partition.microBatches / shares
    }

    /// The plan that a group of micro-batches runs in.
    func front(of group: Range<Int>) -> Plan {
        guard let index = groups.firstIndex(of: group) else { fault("this rank does not compute micro-batches \(group) together") }
        return fronts[index]
    }

    /// Before the operations of a step on a global batch of `count` samples.
    func begin(batchOf count: Int) {
        let schedule =
            schedules[count]
            ?? LinearSchedule(
                scheme,
                shares: (0..<passes).map {
                    partition.positions(ofMicroBatches: Self.share($0, of: passes, partition), inBatchOf: count)
                },
                ranks: (0..<partition.ranks).map { partition.positions(ofRank: $0, inBatchOf: count) }, rank: rank)
        schedules[count] = schedule
        (linearPasses, batchCount) = (schedule.passes, count)
        linear.begin(schedule)
    }

    /// What this rank gives to a pass of this step, by places in the global batch.
    func ownSamples(ofPass pass: Int) -> [Range<Int>] { linearPasses[pass].places[rank] }

    /// What all ranks give to some passes of this step.
    func samples(ofPasses passes: Range<Int>) -> [Range<Int>] { linearPasses[passes].flatMap { $0.places.joined() } }

    /// The samples, of all ranks, that what this rank gives to others in an operation was computed from.
    func samples(givenTo operation: LinearOperation) -> [Range<Int>] {
        switch operation {
        case .startActivations(let pass): ownSamples(ofPass: pass)
        case .gatherOutputs(_, let pass), .sumInputGradients(_, let pass), .startReturn(let pass):
            samples(ofPasses: pass..<pass + 1)
        case .gatherLabels, .finishActivations, .forward, .score, .backward, .finishReturn, .update: []
        }
    }

    func prepare(parameters: UnsafePointer<Float>) {
        for front in fronts { front.prepare(parameters: parameters) }
        linear.prepare(parameters: parameters)
    }
}
