import Diagnostics
import Kernels
import Random

/// The samples whose gradient is one term of the step's sum.
public struct MicroBatch {
    /// [count, H, W, C].
    public var images: UnsafePointer<Float>
    /// [count], each in 0 ..< classes.
    public var labels: UnsafePointer<Int32>
    public var count: Int
    /// The place of its first sample in the global batch: with the step it keys every random draw.
    public var firstSample: Int
    /// Samples that BatchNorm takes its statistics over: `count`, or those of the global batch where ranks add up their sums.
    public var statisticsCount: Int
    /// [count], the place of each sample in the global batch; nil where they follow the first one.
    public var places: UnsafePointer<Int32>?

    /// - Parameter statisticsCount: nil for `count`.
    public init(
        images: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, firstSample: Int, statisticsCount: Int? = nil,
        places: UnsafePointer<Int32>? = nil
    ) {
        self.images = images
        self.labels = labels
        self.count = count
        self.firstSample = firstSample
        self.statisticsCount = statisticsCount ?? count
        self.places = places
    }
}

/// Which way through the network.
public enum Direction: String, Sendable {
    case forward
    case backward
}

/// A model, or some neighbouring layers of one, compiled for micro-batches of up to `capacity` samples: every buffer known and allocated, nothing allocated afterwards.
///
/// Parameters and gradients are handed in; a plan owns only activations and scratch.
public final class Plan {
    /// The model that it computes, or a part of.
    public let model: Model
    /// Nil for a part of a model, whose outputs are handed out and their gradients handed in.
    public let loss: Loss?
    public let layout: ParameterLayout
    public let capacity: Int
    private let layers: [any CompiledLayer]
    private let batchNorms: [BatchNormLayer]
    private let passes: Passes
    private let outputCount: Int
    private let outputs: Value
    private let outputsGradient: Value
    private let inputsGradient: Value?
    /// Values of the whole micro-batch, values of one tile, and where each value stands in them.
    private let whole: AlignedFloats
    private let tile: AlignedFloats
    private let slots: UnsafeMutableBufferPointer<Tile.Slot>
    private let scratch: AlignedFloats
    private let preparesForEachPass: Bool
    /// The parameters that weights were laid out from last.
    private var preparedParameters: UnsafePointer<Float>?

    /// What a plan takes, in bytes.
    public struct Size: Sendable, Equatable {
        /// Activations and their gradients, scratch, and weights as kernels lay them out.
        public let plan: Int
        /// One arena: parameters, or gradients, or a state of the optimiser; handed in, not the plan's own.
        public let arena: Int
    }

    /// What a plan is compiled for. Nothing changes by any of it but the order of sums.
    public struct Options: Sendable {
        /// The samples that it can take at a time.
        public var capacity: Int
        /// The samples that are evaluated at a time. From the experiment alone, never from ranks: where a tile ends decides how BLAS rounds.
        public var evaluationCapacity: Int
        public var convolution: ConvolutionPolicy
        /// The algorithms of convolutions over pixels, where they are not those that the shapes would be given without it.
        public var kernels: KernelTable?
        /// Whether weights are laid out for each pass that needs them, instead of once after they have changed: saves memory. No time is lost
        /// in training where every pass runs once a step; evaluation lays them out for every micro-batch.
        public var preparesForEachPass: Bool
        /// Whether neighbouring layers become one where that saves a way over memory.
        var fuses = true
        /// Whether passes run tile by tile, and compute cheap results again instead of keeping them.
        var tiles = true
        /// What of a second cache of 1 MB a tile's values may fill, beside weights and scratch.
        var cacheBytes = 512 * 1_024

        /// - Parameter evaluationCapacity: nil for `capacity`.
        public init(
            capacity: Int, evaluationCapacity: Int? = nil, convolution: ConvolutionPolicy = .automatic,
            kernels: KernelTable? = nil,
            preparesForEachPass: Bool = false
        ) {
            self.capacity = capacity
            self.evaluationCapacity = evaluationCapacity ?? capacity
            self.convolution = convolution
            self.kernels = kernels
            self.preparesForEachPass = preparesForEachPass
        }
    }

    /// - Throws: as `init`.
    public static func size(of model: Model, _ options: Options) throws -> Size {
        size(of: try part(of: model, options), options)
    }

    public static func size(of part: NetworkPart, _ options: Options) -> Size {
        let draft = Draft(part, options)
        return Size(
            plan: draft.storage.bytesPerSample * draft.compiler.sizes.room(for: options.capacity) + draft.storage.tileBytes
                + draft.compiler.scratchCount * MemoryLayout<Float>.stride,
            arena: draft.layout.arenaCount * MemoryLayout<Float>.stride)
    }

    /// The convolutions and fully connected layers as a plan would compute them, in forward order.
    /// - Throws: as `init`.
    public static func convolutions(of model: Model, _ options: Options) throws -> [PlannedConvolution] {
        Draft(try part(of: model, options), options).compiler.convolutions
    }

    /// - Throws: as `init`.
    private static func part(of model: Model, _ options: Options) throws -> NetworkPart {
        let part = try NetworkPart(model)
        if let kernels = options.kernels { try kernels.check(fits: Draft(part, options).compiler.convolutions) }
        return part
    }

    /// - Throws: `Failure.usage` naming the layer, the shape that came and the one it can take, where the model does not fit together; as
    ///   `KernelTable.check(fits:)`.
    public convenience init(model: Model, loss: Loss = .softmax(labelSmoothing: 0), _ options: Options) throws {
        self.init(of: try Self.part(of: model, options), loss: loss, options)
    }

    /// - Parameter loss: nil where the layers' outputs are no model's: `outputValues` are then taken from it behind the forward pass, and
    ///   `outputGradients` filled in before the backward pass.
    public init(of part: NetworkPart, loss: Loss? = nil, _ options: Options) {
        capacity = options.capacity
        require(capacity > 0, "a plan is for at least one sample, not \(capacity)")
        // A rank is one core; and more threads would add up in another order.
        BLAS.setThreadCount(1)
        (model, layout, outputCount) = (part.model, part.layout, part.outputCount)
        self.loss = loss
        preparesForEachPass = options.preparesForEachPass
        let draft = Draft(part, options)
        (layers, passes) = (draft.compiler.layers, draft.passes)
        (outputs, outputsGradient, inputsGradient) = (draft.ends.outputs, draft.ends.outputsGradient, draft.ends.inputsGradient)
        batchNorms = layers.compactMap { $0 as? BatchNormLayer }
        convolutions = draft.compiler.convolutions
        let room = draft.compiler.sizes.room(for: capacity)
        whole = AlignedFloats(bytes: draft.storage.bytesPerSample * room)
        tile = AlignedFloats(bytes: draft.storage.tileBytes)
        slots = .allocate(capacity: draft.compiler.sizes.count)
        _ = slots.initialize(
            from: draft.storage.slots(draft.compiler.sizes, whole: whole.base, capacity: room, tile: tile.base))
        scratch = AlignedFloats(count: draft.compiler.scratchCount)
    }

    deinit { slots.deallocate() }

    /// A plan without memory.
    private struct Draft {
        let layout: ParameterLayout
        let compiler: Compiler
        let ends: Compiler.Ends
        let passes: Passes
        let storage: Storage

        init(_ part: NetworkPart, _ options: Options) {
            layout = part.layout
            var compiler = Compiler(part, options: options)
            ends = compiler.compile(part)
            self.compiler = compiler
            passes = Passes(compiler.layers, for: options, sizes: compiler.sizes)
            storage = Storage(
                passes, keepsWeights: !options.preparesForEachPass,
                turn: Use(reads: [ends.outputs], writes: [ends.outputsGradient]), result: ends.inputsGradient,
                sizes: compiler.sizes)
        }
    }

    /// How a forward pass is run: training draws dropout's choices, keyed by seed and step; evaluation has none.
    public enum Mode: Sendable {
        case evaluation
        case training(seed: UInt64, step: Int)
    }

    /// Takes new parameters, and lays weights out as the kernels want them; to be called whenever `parameters` have changed, before the next
    /// forward pass.
    public func prepare(parameters: UnsafePointer<Float>) {
        preparedParameters = parameters
        guard !preparesForEachPass else { return }
        for pass in passes.forward { prepare(pass, parameters) }
        for pass in passes.backward { prepare(pass, parameters) }
    }

    private func prepare(_ pass: Pass, _ parameters: UnsafePointer<Float>) {
        guard let slots = slots.baseAddress else { return }
        let weights = WeightPreparation(parameters: parameters, slots: slots)
        for action in pass.actions { action.prepare(weights) }
    }

    /// Computes the outputs of `batch`, adds its loss and hits to `figures`, and in training prepares the loss's gradient.
    public func forward(_ batch: MicroBatch, parameters: UnsafePointer<Float>, mode: Mode, figures: inout Figures) {
        for stage in 0..<stageCount { forward(batch, stage: stage, parameters: parameters, mode: mode, figures: &figures) {} }
    }

    /// Adds the gradient of the summed loss of `batch` to `gradients`, and its share of the running statistics' sums; to be called right
    /// after its forward pass in training.
    public func backward(
        _ batch: MicroBatch, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>, mode: Mode
    ) {
        for pass in 0..<backwardPassCount {
            backward(batch, pass: pass, parameters: parameters, gradients: gradients, mode: mode) {}
        }
    }

    /// The convolutions and fully connected layers, in forward order, but for shortcuts, which come before their block.
    public let convolutions: [PlannedConvolution]

    /// Parts of the network that run one after another with a sum over ranks in between: one more than BatchNorm layers.
    public var stageCount: Int { batchNorms.count + 1 }

    /// The sums that BatchNorm layer `index` (from 0) has taken of this rank's samples when a stage that leads to it has run, forward or
    /// backward; to be added up over all ranks in place.
    public func statistics(_ index: Int) -> UnsafeMutableBufferPointer<Double> { batchNorms[index].sums }

    /// The forward pass through one stage; stages run in order. The last one ends as `forward` does.
    /// - Parameter meanwhile: called between layers and tiles, and within long products (`ConvolutionAlgorithm`); what others wait for may go on there. What it throws is thrown on when the layer is through.
    public func forward<Fault: Error>(
        _ batch: MicroBatch, stage: Int, parameters: UnsafePointer<Float>, mode: Mode, figures: inout Figures,
        meanwhile: () throws(Fault) -> Void
    ) throws(Fault) {
        if stage > 0 { batchNorms[stage - 1].use(batch, parameters: parameters, mode: mode) }
        if stage < batchNorms.count { batchNorms[stage].open() }
        for pass in passes.forward[passes.forwardStages[stage]] {
            try run(pass, batch, parameters: parameters, gradients: nil, mode: mode, meanwhile: meanwhile)
        }
        if stage < batchNorms.count {
            batchNorms[stage].closeForward()
        } else if let loss {
            score(batch, loss, mode: mode, figures: &figures)
        }
    }

    /// The passes of the way back, in which gradients become final one after another.
    public var backwardPassCount: Int { passes.backward.count }

    /// The passes of the way back that belong to a stage.
    public func backwardPasses(ofStage stage: Int) -> Range<Int> { passes.backwardStages[stage] }

    /// So many floats at the beginning of the arena hold gradients to which no backward pass behind `pass` adds anything. Behind the last
    /// one, that is the whole arena.
    public func finalGradients(afterBackwardPass pass: Int) -> Int {
        let later = passes.backward[(pass + 1)...].flatMap(\.actions).flatMap(\.gradientOffsets)
        return pass + 1 == backwardPassCount ? layout.arenaCount : later.min() ?? layout.trainedCount
    }

    /// One pass of the way back; they run in order, each once.
    /// - Parameter meanwhile: called between layers and tiles, and within long products (`ConvolutionAlgorithm`); what others wait for may go on there. What it throws is thrown on when the layer is through.
    public func backward<Fault: Error>(
        _ batch: MicroBatch, pass: Int, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>, mode: Mode,
        meanwhile: () throws(Fault) -> Void
    ) throws(Fault) {
        guard let stage = passes.backwardStages.firstIndex(where: { $0.contains(pass) }) else {
            fault("there is no backward pass \(pass)")
        }
        let mine = passes.backwardStages[stage]
        let normalisation = stage > 0 ? batchNorms[stage - 1] : nil
        if pass == mine.lowerBound { normalisation?.open() }
        try run(
            passes.backward[pass], batch, parameters: parameters, gradients: gradients, mode: mode,
            meanwhile: meanwhile)
        if pass == mine.upperBound - 1 { normalisation?.closeBackward(gradients: gradients) }
    }

    private func run<Fault: Error>(
        _ pass: Pass, _ batch: MicroBatch, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>?, mode: Mode,
        meanwhile: () throws(Fault) -> Void
    ) throws(Fault) {
        require(batch.count <= capacity, "a micro-batch of \(batch.count) samples in a plan for \(capacity)")
        require(preparedParameters == parameters, "a pass with other parameters than those that weights were prepared from")
        guard let slots = slots.baseAddress else { return }
        slots[Value.images.index].base = UnsafeMutableRawPointer(mutating: batch.images)
        if preparesForEachPass && batch.count > 0 { prepare(pass, parameters) }
        let length = if case .evaluation = mode { pass.evaluationTile } else { pass.tile }
        for first in stride(from: 0, to: batch.count, by: length) {
            let tile = Tile(
                batch: batch, mode: mode, first: first, samples: min(length, batch.count - first), parameters: parameters,
                parameterGradients: gradients, slots: slots, scratch: scratch.base)
            for action in pass.actions {
                var fault: Fault?
                action.run(tile) {
                    guard fault == nil else { return }
                    do throws(Fault) { try meanwhile() } catch { fault = error }
                }
                if let fault { throw fault }
                try meanwhile()
            }
        }
    }

    /// Loss, hits and, in training, the loss's gradient of what the layers have put out.
    private func score(_ batch: MicroBatch, _ loss: Loss, mode: Mode, figures: inout Figures) {
        let gradients = if case .training = mode { outputGradients } else { nil as Pointer? }
        for sample in 0..<batch.count {
            let row = sample * outputCount
            loss.score(
                classes: outputCount, outputs: outputValues + row, label: Int(batch.labels[sample]),
                gradient: gradients.map { $0 + row }, figures: &figures)
        }
    }

    /// The outputs of the last forward pass: [count, classes].
    public func logits(count: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: outputValues, count: count * outputCount)
    }

    /// [count, outputs], of the last forward pass.
    public var outputValues: UnsafeMutablePointer<Float> { values(of: outputs) }

    /// [count, outputs]: what the backward pass begins with.
    public var outputGradients: UnsafeMutablePointer<Float> { values(of: outputsGradient) }

    /// [count, inputs], of the last backward pass.
    ///
    /// - Precondition: the part of the network gives them.
    public var inputGradients: UnsafeMutablePointer<Float> {
        guard let inputsGradient else { fault("a plan whose inputs are images has no gradient for them") }
        return values(of: inputsGradient)
    }

    private typealias Pointer = UnsafeMutablePointer<Float>

    /// A value of the whole micro-batch.
    private func values(of value: Value) -> Pointer { slots[value.index].base.assumingMemoryBound(to: Float.self) }
}
