import Diagnostics
import Kernels
import MPI
import Networks

/// A rank's part of linear layers that are divided by output neurons, and all exchanges that belong to it.
///
/// For a pass of m samples, a layer of I inputs and O outputs, o of which are this rank's, computes [m, I] · [I, o]; all ranks' outputs are
/// gathered as [m, O]. On the way back, each rank has a term of the gradient of the inputs, [m, I]; the sum over ranks of the o′ inputs
/// that are its own neurons of the layer before, or of the samples that are its own in front of the first layer, goes to each.
///
/// Buffers are allocated once; a warm step allocates nothing.
public final class LinearPart {
    private let divided: DividedModel
    private let loss: Loss
    private let rank: Int
    private let world: Communicator
    private let messages: Communicator
    private let options: Plan.Options
    private let plans: [Plan]
    /// For each width of the model, from the inputs of the first linear layer to its outputs: how many values are each rank's.
    private let counts: [[Int]]
    private let buffers: LinearBuffers
    private let activations: BlockExchange
    private let returns: BlockExchange
    private let layerOutputs: BlockExchange
    private let layerInputs: BlockExchange
    private var schedule: LinearSchedule?
    private var pace = Pace()

    /// Collective over the world.
    /// - Parameter layout: that of this rank's part.
    public init(
        _ divided: DividedModel, layout: ParameterLayout, loss: Loss, capacity: HybridCapacity, passes: Int, world: Communicator
    ) throws {
        (self.divided, self.loss, self.world, rank) = (divided, loss, world, world.rank)
        // A context of its own: no tag is taken for another's.
        let messages = try world.split(color: 0, key: world.rank)
        self.messages = messages
        options = Plan.Options(capacity: capacity.pass)
        let rank = self.rank
        plans = (0..<divided.linearCount).map { [options] index in
            Plan(of: divided.linearPart(index, part: rank, in: layout), options)
        }
        counts = (0..<divided.linearCount).map { layer in
            (0..<divided.parts).map { divided.neurons(ofLayer: layer, part: $0).count }
        }
        let sizes = LinearBufferSizes(divided, capacity: capacity, passes: passes)
        buffers = LinearBuffers(sizes)
        activations = BlockExchange(messages, tag: 0)
        returns = BlockExchange(messages, tag: 1, largestSum: sizes.returned)
        layerOutputs = BlockExchange(messages, tag: 2)
        layerInputs = BlockExchange(messages, tag: 3, largestSum: sizes.largestInputSum(ofPart: rank))
    }

    /// Before the operations of a step.
    public func begin(_ schedule: LinearSchedule) { self.schedule = schedule }

    public func prepare(parameters: UnsafePointer<Float>) { for plan in plans { plan.prepare(parameters: parameters) } }

    /// How many samples a pass of this step has.
    public func samples(ofPass number: Int) -> Int { pass(number).count }

    // MARK: The front's end

    /// Takes what the front has put out for `count` of this rank's samples from its `first` on: [count, width].
    public func take(_ outputs: UnsafePointer<Float>, first: Int, count: Int) {
        let width = divided.width(0)
        (buffers.ownActivations.base + first * width).update(from: outputs, count: count * width)
    }

    /// Gives the front the gradients of what it has put out.
    public func give(_ gradients: UnsafeMutablePointer<Float>, first: Int, count: Int) {
        let width = divided.width(0)
        gradients.update(from: buffers.ownGradients.base + first * width, count: count * width)
    }

    // MARK: Operations

    /// Whether all that this rank is about to give to others in an operation is finite, before it is mixed with what they give: this rank's
    /// activations, outputs, or terms of a gradient. One pass over them.
    public func givesFiniteValues(to operation: LinearOperation) -> Bool {
        func areFinite(_ values: UnsafePointer<Float>, _ count: Int) -> Bool {
            Finiteness.firstNonFinite(count: count, values) == nil
        }
        switch operation {
        case .startActivations(let number):
            let width = divided.width(0)
            return pass(number).places[rank].allSatisfy {
                areFinite(ownActivations(at: $0), $0.count * width)
            }
        case .gatherOutputs(let layer, let number):
            return areFinite(plans[layer].outputValues, pass(number).count * counts[layer][rank])
        case .sumInputGradients(let layer, let number):
            return areFinite(plans[layer].inputGradients, pass(number).count * divided.width(layer))
        case .startReturn(let number):
            return areFinite(plans[0].inputGradients, pass(number).count * divided.width(0))
        case .gatherLabels, .finishActivations, .forward, .score, .backward, .finishReturn, .update: return true
        }
    }

    /// - Parameter meanwhile: called while this rank computes or waits; what else is under way may go on there.
    public func run(_ operation: LinearOperation, _ step: Step, figures: inout Figures, meanwhile: () throws -> Void) throws {
        let parameters = UnsafePointer(step.parameters)
        switch operation {
        case .gatherLabels: try gatherLabels(step.labels)
        case .startActivations(let pass): try startActivations(pass)
        case .finishActivations: try finish(activations, meanwhile)
        case .forward(let layer, let pass):
            try plans[layer].forward(
                samples(of: pass, layer: layer), stage: 0, parameters: parameters, mode: step.mode, figures: &figures
            ) { try goOn(meanwhile) }
        case .gatherOutputs(let layer, let pass): try gatherOutputs(layer, pass, meanwhile)
        case .score(let pass): score(pass, figures: &figures)
        case .backward(let layer, let pass):
            for backward in 0..<plans[layer].backwardPassCount {
                try plans[layer].backward(
                    samples(of: pass, layer: layer), pass: backward, parameters: parameters, gradients: step.gradients,
                    mode: step.mode
                ) { try goOn(meanwhile) }
            }
        case .sumInputGradients(let layer, let pass): try sumInputGradients(layer, pass, meanwhile)
        case .startReturn(let pass): try startReturn(pass)
        case .finishReturn(let pass):
            try finish(returns, meanwhile)
            sortReturned(pass)
        case .update: fault("the optimiser is no part of the linear layers")
        }
    }

    /// What operations of one step work on.
    public struct Step {
        public let mode: Plan.Mode
        public let parameters: UnsafeMutablePointer<Float>
        public let gradients: UnsafeMutablePointer<Float>
        /// Of this rank's samples.
        public let labels: UnsafePointer<Int32>

        public init(
            mode: Plan.Mode, parameters: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>,
            labels: UnsafePointer<Int32>
        ) {
            (self.mode, self.parameters, self.gradients, self.labels) = (mode, parameters, gradients, labels)
        }
    }

    /// Collective over the world.
    public func free() throws { try messages.free() }

    private func gatherLabels(_ own: UnsafePointer<Int32>) throws {
        let shares = current.shares
        (buffers.labels + current.firstPlace).update(from: own, count: shares.counts[rank])
        try world.allGather(UnsafeMutableBufferPointer(start: buffers.labels, count: shares.total), blocks: shares)
    }

    /// Puts this rank's samples of a pass behind those of the ranks before it, and begins to exchange them.
    private func startActivations(_ number: Int) throws {
        let (pass, width) = (pass(number), divided.width(0))
        let inputs = buffers.inputs(ofPass: number)
        var row = pass.counts[..<rank].reduce(0, +)
        for places in pass.places[rank] {
            (inputs + row * width).update(from: ownActivations(at: places), count: places.count * width)
            row += places.count
        }
        try activations.startGather(inputs, counts: pass.counts, width: width)
    }

    /// What this rank's front has put out for its samples at these places of the global batch: [count, width].
    private func ownActivations(at places: Range<Int>) -> UnsafePointer<Float> {
        UnsafePointer(buffers.ownActivations.base + (places.lowerBound - current.firstPlace) * divided.width(0))
    }

    private func gatherOutputs(_ layer: Int, _ number: Int, _ meanwhile: () throws -> Void) throws {
        let (count, width, counts) = (pass(number).count, divided.width(layer + 1), counts[layer])
        let own = divided.neurons(ofLayer: layer, part: rank)
        let blocks = buffers.blocks.base
        (blocks + count * own.lowerBound).update(from: plans[layer].outputValues, count: count * own.count)
        try layerOutputs.startGather(blocks, counts: counts, width: count)
        try finish(layerOutputs, meanwhile)
        for part in counts.indices {
            let neurons = divided.neurons(ofLayer: layer, part: part)
            Columns.copy(
                rows: count, count: neurons.count, from: blocks + count * neurons.lowerBound, stride: neurons.count,
                to: buffers.outputs[layer].base + neurons.lowerBound, targetStride: width)
        }
    }

    /// Every rank computes the loss of every sample, whose gradient it needs for its own outputs; it counts the samples that it gave.
    private func score(_ number: Int, figures: inout Figures) {
        let (pass, classes) = (pass(number), divided.model.classes)
        let (logits, gradients) = (buffers.outputs[divided.linearCount - 1].base, buffers.outputGradients.base)
        var (row, others) = (0, Figures())
        for (giver, places) in pass.places.enumerated() {
            for place in places.joined() {
                func score(_ figures: inout Figures) {
                    loss.score(
                        classes: classes, outputs: logits + row * classes, label: Int(buffers.labels[place]),
                        gradient: gradients + row * classes, figures: &figures)
                }
                if giver == rank { score(&figures) } else { score(&others) }
                row += 1
            }
        }
        let (last, own) = (divided.linearCount - 1, divided.neurons(ofLayer: divided.linearCount - 1, part: rank))
        Columns.copy(
            rows: row, count: own.count, from: gradients + own.lowerBound, stride: classes, to: plans[last].outputGradients,
            targetStride: own.count)
    }

    private func sumInputGradients(_ layer: Int, _ number: Int, _ meanwhile: () throws -> Void) throws {
        let (count, width, counts) = (pass(number).count, divided.width(layer), counts[layer - 1])
        let blocks = buffers.blocks.base
        for part in counts.indices {
            let neurons = divided.neurons(ofLayer: layer - 1, part: part)
            Columns.copy(
                rows: count, count: neurons.count, from: plans[layer].inputGradients + neurons.lowerBound, stride: width,
                to: blocks + count * neurons.lowerBound, targetStride: neurons.count)
        }
        try layerInputs.startSum(blocks, counts: counts, width: count, into: plans[layer - 1].outputGradients)
        try finish(layerInputs, meanwhile)
    }

    private func startReturn(_ number: Int) throws {
        let (pass, width) = (pass(number), divided.width(0))
        buffers.returning.base.update(from: plans[0].inputGradients, count: pass.count * width)
        try returns.startSum(buffers.returning.base, counts: pass.counts, width: width, into: buffers.returned.base)
    }

    /// Puts the gradients that have come back where this rank's samples stand.
    private func sortReturned(_ number: Int) {
        let width = divided.width(0)
        var row = 0
        for places in pass(number).places[rank] {
            (buffers.ownGradients.base + (places.lowerBound - current.firstPlace) * width).update(
                from: buffers.returned.base + row * width, count: places.count * width)
            row += places.count
        }
    }

    /// The samples of a pass, as a layer sees them.
    private func samples(of number: Int, layer: Int) -> MicroBatch {
        let pass = pass(number)
        var row = 0
        for place in pass.places.joined().joined() {
            buffers.places[row] = Int32(place)
            row += 1
        }
        let inputs = layer == 0 ? buffers.inputs(ofPass: number) : buffers.outputs[layer - 1].base
        return MicroBatch(images: inputs, labels: buffers.labels, count: pass.count, firstSample: 0, places: buffers.places)
    }

    private var current: LinearSchedule {
        guard let schedule else { fault("a step of linear layers was not begun") }
        return schedule
    }

    private func pass(_ number: Int) -> LinearPass { current.passes[number] }

    private func goOn(_ meanwhile: () throws -> Void) throws {
        if pace.isDue() {
            _ = try activations.advance()
            _ = try returns.advance()
        }
        try meanwhile()
    }

    private func finish(_ exchange: BlockExchange, _ meanwhile: () throws -> Void) throws {
        try waitUntil(exchange.advance) { try goOn(meanwhile) }
    }
}
