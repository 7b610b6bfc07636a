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

    public init(images: UnsafePointer<Float>, labels: UnsafePointer<Int32>, count: Int, firstSample: Int) {
        self.images = images
        self.labels = labels
        self.count = count
        self.firstSample = firstSample
    }
}

/// A model compiled for micro-batches of up to `capacity` samples: every buffer known and allocated, nothing allocated afterwards.
///
/// Parameters and gradients are handed in; a plan owns only activations and scratch.
public final class Plan {
    public let model: Model
    public let layout: ParameterLayout
    public let capacity: Int
    private let layers: [any CompiledLayer]
    private let activations: AlignedFloats
    private let scratch: AlignedFloats
    /// Two buffers that the gradients of neighbouring activations take turns in.
    private let gradients: (AlignedFloats, AlignedFloats)
    private let logits: Place
    private let logitsGradient: GradientPlace

    /// Floats that a plan needs for each sample of its capacity, and floats that it needs whatever its capacity.
    /// - Throws: as `Model.resolvedLayers()`.
    public static func requiredFloats(for model: Model) throws -> (perSample: Double, fixed: Double) {
        let resolved = try model.resolvedLayers()
        var compiler = Compiler(capacity: 1, parameters: ParameterLayout(resolved).parameters)
        for layer in resolved { compiler.append(layer) }
        return (Double(compiler.activationCount) + 2 * Double(compiler.largestActivation), Double(compiler.scratchCount))
    }

    /// - Throws: `Failure.usage` naming the layer, the shape that came and the one it can take, where the model does not fit together.
    public init(model: Model, capacity: Int) throws {
        require(capacity > 0, "a plan is for at least one sample, not \(capacity)")
        // A rank is one core; and more threads would add up in another order.
        BLAS.setThreadCount(1)
        let resolved = try model.resolvedLayers()
        self.model = model
        self.capacity = capacity
        layout = ParameterLayout(resolved)
        var compiler = Compiler(capacity: capacity, parameters: layout.parameters)
        for layer in resolved { compiler.append(layer) }
        layers = compiler.layers
        logits = compiler.place
        logitsGradient = compiler.gradientPlace
        activations = AlignedFloats(count: compiler.activationCount * capacity)
        scratch = AlignedFloats(count: compiler.scratchCount)
        let gradientCount = compiler.largestActivation * capacity
        gradients = (AlignedFloats(count: gradientCount), AlignedFloats(count: gradientCount))
    }

    /// How a forward pass is run: training draws dropout's choices, keyed by seed and step; evaluation has none.
    public enum Mode: Sendable {
        case evaluation
        case training(seed: UInt64, step: Int)
    }

    /// Computes the logits of `batch`, adds its loss and hits to `figures`, and in training prepares the loss's gradient.
    public func forward(_ batch: MicroBatch, parameters: UnsafePointer<Float>, mode: Mode, figures: inout Figures) {
        require(batch.count <= capacity, "a micro-batch of \(batch.count) samples in a plan for \(capacity)")
        let pass = self.pass(batch, parameters: parameters, gradients: nil, mode: mode)
        for layer in layers { layer.forward(pass) }
        let z = pass[logits]
        let classes = model.classes
        for sample in 0..<batch.count {
            let row = z + sample * classes
            let label = Int(batch.labels[sample])
            let gradient: UnsafeMutablePointer<Float>? =
                if case .training = mode { pass[logitsGradient] + sample * classes } else { nil }
            let loss = SoftmaxCrossEntropy.sample(classes: classes, logits: row, label: label, gradient: gradient)
            if !figures.loss.add(loss) { figures.nonFinite += 1 }
            if SoftmaxCrossEntropy.prediction(classes: classes, logits: row) == label { figures.correct += 1 }
        }
        figures.samples += batch.count
    }

    /// Adds the gradient of the summed loss of `batch` to `gradients`; to be called right after its forward pass in training.
    public func backward(
        _ batch: MicroBatch, parameters: UnsafePointer<Float>, gradients: UnsafeMutablePointer<Float>, mode: Mode
    ) {
        let pass = self.pass(batch, parameters: parameters, gradients: gradients, mode: mode)
        for layer in layers.reversed() { layer.backward(pass) }
    }

    /// The logits of the last forward pass: [count, classes].
    public func logits(count: Int) -> UnsafeBufferPointer<Float> {
        guard case .activation(let offset) = logits else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: activations.base + offset * capacity, count: count * model.classes)
    }

    private func pass(
        _ batch: MicroBatch, parameters: UnsafePointer<Float>, gradients parameterGradients: UnsafeMutablePointer<Float>?,
        mode: Mode
    ) -> Pass {
        Pass(
            batch: batch, mode: mode, capacity: capacity, parameters: parameters, parameterGradients: parameterGradients,
            activations: activations.base, gradients: (gradients.0.base, gradients.1.base), scratch: scratch.base)
    }
}
