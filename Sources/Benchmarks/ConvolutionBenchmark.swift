import Diagnostics
import Foundation
import Kernels
import Networks

/// The convolutions of a model, one after another and each direction for itself: time, speed and rounding error of the algorithm that the
/// table picks, or of all that take the shape. Layers of one shape are measured once.
public struct ConvolutionBenchmark: Sendable {
    public var batch = 128
    /// Calls whose median counts, after one that does not.
    public var repeats = 5
    /// Every algorithm that takes the shape, not only the table's choice.
    public var measuresAll = false

    public init() {}

    /// The layers of one shape.
    public struct Layer: Sendable {
        /// The name of the first of them.
        public let name: String
        /// How many there are.
        public fileprivate(set) var count = 1
        public let shape: ConvolutionShape
        public let hasBias: Bool
        /// Whether it reads the images, so that the gradient with respect to its input is not asked for.
        public let readsImages: Bool
        /// What training computes it by.
        public let choice: ConvolutionChoice
    }

    public struct Result: Sendable {
        public let layer: Layer
        public let direction: ConvolutionDirection
        public let algorithm: String
        /// Whether it is the table's choice.
        public let isChosen: Bool
        /// The median of one call.
        public let seconds: Seconds
        /// Laying the weights out for this direction, which is done once a step.
        public let prepareSeconds: Seconds
        /// Of one call of the direct algorithm.
        public let flops: Double
        /// The core's peak in flop/s, measured just before.
        public let peak: Double
        /// The largest error relative to the largest magnitude, against plain loops in Double where those are quick, else against im2col.
        public let residual: Double

        /// By CPU time, in flop/s of the direct algorithm: a fast algorithm may be above the peak.
        public var flopRate: Double { flops / seconds.cpu }
    }

    /// The convolutions of a model, those of one shape as one, in the model's order.
    public static func layers(of model: Model) throws -> [Layer] {
        let resolved = try model.resolvedLayers()
        let readers = Set(resolved.readingImages.map(\.name))
        let kernels = try Plan.kernels(of: model)
        var layers: [Layer] = []
        for layer in resolved.flatMap(\.flattened) {
            guard case .convolution(let description) = layer.description, let shape = layer.convolutionShape else { continue }
            let readsImages = readers.contains(layer.name)
            if let known = layers.firstIndex(where: {
                $0.shape == shape && $0.hasBias == description.bias && $0.readsImages == readsImages
            }) {
                layers[known].count += 1
            } else {
                let choice = kernels.first { $0.forward.shape == shape } ?? ConvolutionChoice(shape)
                layers.append(
                    Layer(name: layer.name, shape: shape, hasBias: description.bias, readsImages: readsImages, choice: choice))
            }
        }
        return layers
    }

    /// Measures one layer's directions; `report` is given each result when it is there.
    /// - Throws: `Failure.usage` where the batch needs more memory than there is.
    public func run(_ layer: Layer, _ report: (Result) -> Void) throws {
        let shape = layer.shape
        let floats = Double(batch) * 2 * Double(shape.inputCount + shape.outputCount)
        guard floats * 4 <= Double(ProcessInfo.processInfo.physicalMemory) else {
            throw Failure(
                .usage, "\(layer.name): a batch of \(batch) needs \(Int(floats * 4e-9)) GB, more than there is: set --batch lower")
        }
        BLAS.setThreadCount(1)
        let operands = ConvolutionOperands(shape, images: batch, hasBias: layer.hasBias)
        for direction in ConvolutionDirection.allCases where !(direction == .input && layer.readsImages) {
            let expected = operands.reference(direction)
            let chosen = layer.choice.algorithm(for: direction)
            for algorithm in measuresAll ? ConvolutionChoice.candidates(for: shape) : [chosen] {
                let peak = PeakRate.measure(bursts: 4)
                let prepared = Prepared(algorithm, direction, operands)
                let target = operands.target(direction, algorithm.layout)
                operands.run(algorithm, direction, prepared, into: target)
                let residual = largestError(operands.inPixels(target, direction, from: algorithm.layout), expected)
                let calls = (0..<repeats).map { _ in
                    Seconds.measured { operands.run(algorithm, direction, prepared, into: target) }
                }
                report(
                    Result(
                        layer: layer, direction: direction, algorithm: type(of: algorithm).name,
                        isChosen: type(of: algorithm) == type(of: chosen), seconds: .median(calls),
                        prepareSeconds: prepared.seconds, flops: 2 * Double(shape.multiplyAdds) * Double(batch), peak: peak,
                        residual: residual))
            }
        }
    }

    private func largestError(_ found: AlignedFloats, _ expected: AlignedFloats) -> Double {
        var (error, magnitude) = (0.0, 0.0)
        for (a, b) in zip(found.buffer, expected.buffer) {
            guard a.isFinite else { return .infinity }
            error = max(error, abs(Double(a) - Double(b)))
            magnitude = max(magnitude, abs(Double(b)))
        }
        return magnitude > 0 ? error / magnitude : error
    }
}
