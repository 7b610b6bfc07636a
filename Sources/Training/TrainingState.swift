import Checkpoints
import Datasets
import Diagnostics
import Foundation
import Kernels
import MPI
import Networks

/// Where a run stands: how far it is, and the sums over the epoch that is under way.
public struct Progress: Sendable, Equatable, Codable {
    public var position = Position()
    /// Over the samples of this epoch that have been used.
    public var figures = Figures()
    /// Of the batches of this epoch that have been used.
    public var batchLosses = BatchLosses()
    /// What decisions that hang on losses remember.
    public var plateau = Plateau.State()
    public var best = BestEpoch()

    enum CodingKeys: String, CodingKey { case position, figures, batchLosses, plateau, best }

    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        position = try container.decode(Position.self, forKey: .position)
        figures = try container.decode(Figures.self, forKey: .figures)
        // Checkpoints of an earlier version have none.
        batchLosses = try container.decode(.batchLosses, or: BatchLosses())
        plateau = try container.decode(Plateau.State.self, forKey: .plateau)
        // Under another name in checkpoints of the first version: begun anew.
        best = try container.decode(.best, or: BestEpoch())
    }

    /// The smallest deciding loss so far, and how many epochs ago it was.
    public struct BestEpoch: Sendable, Equatable, Codable {
        public var loss: Double?
        public var epochsSince = 0

        /// Takes an epoch's loss into account; returns whether it is the smallest.
        mutating func observe(_ newLoss: Double) -> Bool {
            let isBest = newLoss < loss ?? .infinity
            (loss, epochsSince) = isBest ? (newLoss, 0) : (loss, epochsSince + 1)
            return isBest
        }
    }

    /// Whether training can stand here at all: what a damaged or forged checkpoint says must not reach any arithmetic.
    var isSane: Bool {
        let numbers = [position.epoch, position.sample, position.step, figures.samples, figures.correct, figures.nonFinite]
        let counts = numbers + [plateau.badEpochs, best.epochsSince]
        let losses = plateau.losses + [plateau.best, best.loss].compactMap { $0 }
        return counts.allSatisfy { (0...Int(Int32.max)).contains($0) } && figures.loss.isSane && batchLosses.isSane
            && losses.allSatisfy(\.isFinite)
            && plateau.losses.count < 10 && plateau.factor > 0 && plateau.factor <= 1
    }
}

/// All that a step changes: arenas for parameters, their gradients and the optimiser's state.
final class TrainingState {
    let layout: ParameterLayout
    let parameters: AlignedFloats
    /// The slots of gradients: partial sums of the step; the sum over all ranks comes to the first.
    let gradientSlots: [AlignedFloats]
    var gradients: AlignedFloats { gradientSlots[0] }
    /// Nil without momentum.
    let velocity: OwnedState?
    var progress = Progress()

    /// - Parameter storage: where parameters and gradients stand, and what this rank updates; nil for memory of its own, and all.
    init(layout: ParameterLayout, optimiser: Optimiser, in storage: StateStorage? = nil) {
        let storage = storage ?? StateStorage(arenaCount: layout.arenaCount, gradientSlots: 1)
        self.layout = layout
        (parameters, gradientSlots) = (storage.parameters, storage.gradientSlots)
        velocity = optimiser.usesMomentum ? OwnedState(owning: storage.owned, ofArena: layout.arenaCount) : nil
    }

    /// The state as named tensors, beside the experiment that they belong to; views, valid while this state lives and nothing is changed.
    ///
    /// - Precondition: where this rank owns but a part of the optimiser's state, the whole has been gathered in the first slot of gradients.
    func checkpoint(of experiment: Experiment) throws -> Checkpoint {
        var tensors = layout.tensors.map { NamedTensor($0, of: parameters) }
        if let velocity {
            let whole = velocity.whole ?? gradients
            tensors += layout.parameters.map { NamedTensor($0, of: whole, prefix: Self.velocityPrefix) }
        }
        return Checkpoint(tensors: tensors, experiment: try canonicalJSON(experiment), position: try canonicalJSON(progress))
    }

    /// Takes parameters and optimiser state from a checkpoint file; its optimiser state is left where there is no use for it. Gradients are
    /// lost.
    /// - Throws: `Failure.badData` where a tensor is missing or has another shape: a checkpoint of another model.
    func restore(from file: CheckpointFile) throws {
        for parameter in layout.tensors {
            try file.copy(parameter.name, shape: parameter.shape, into: parameters[parameter.range])
        }
        let stored = Set(file.tensors.map(\.name))
        guard velocity != nil else { return }
        gradients.base.update(repeating: 0, count: gradients.count)
        for parameter in layout.parameters {
            let name = Self.velocityPrefix + parameter.name
            guard stored.contains(name) else { continue }
            try file.copy(name, shape: parameter.shape, into: gradients[parameter.range])
        }
        velocity?.copy(from: gradients)
    }

    /// Gives every rank what `root` has restored.
    func broadcastRestored(from root: Int, over world: Communicator) throws {
        try world.broadcast(parameters.buffer, from: root)
        guard let velocity else { return }
        try world.broadcast(gradients.buffer, from: root)
        velocity.copy(from: gradients)
    }

    private static let velocityPrefix = "momentum."
}

extension NamedTensor {
    fileprivate init(_ parameter: Parameter, of arena: AlignedFloats, prefix: String = "") {
        self.init(name: prefix + parameter.name, shape: parameter.shape, values: UnsafeBufferPointer(arena[parameter.range]))
    }
}

extension AlignedFloats {
    fileprivate subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: buffer[range])
    }
}
