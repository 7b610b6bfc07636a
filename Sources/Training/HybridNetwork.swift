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
        let shares = experiment.variableBatch?.passes ?? world.size
        passes = shares
        let counts = (0..<shares).map { Self.share($0, of: shares, partition).count * partition.largestMicroBatch }
        let capacity = HybridCapacity(
            globalBatch: partition.globalBatch, share: partition.largestShare(ofRank: world.rank),
            pass: scheme.largestPass(ofShares: counts))
        outline = LinearOutline(
            layers: divided.linearCount, passes: scheme == .a ? 1 : shares, parameterCount: divided.linearFloats,
            updatesEachPass: experiment.variableBatch != nil)
        linear = try LinearPart(
            divided, layout: layout, loss: experiment.loss, capacity: capacity, passes: outline.passes, world: world)
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

    func prepare(parameters: UnsafePointer<Float>) {
        for front in fronts { front.prepare(parameters: parameters) }
        linear.prepare(parameters: parameters)
    }
}
