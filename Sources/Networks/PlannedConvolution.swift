import Diagnostics
import Kernels

/// A convolution of a plan, or a fully connected layer, as it is computed.
public struct PlannedConvolution: Sendable {
    public let kernels: ConvolutionChoice
    public let hasBias: Bool
    /// Whether the gradient with respect to its input is computed; nobody asks for that of the images.
    public let hasInputGradient: Bool

    init(_ layer: ConvolutionLayer) {
        self.init(
            kernels: layer.kernels, hasBias: layer.parameters.bias != nil, hasInputGradient: layer.wiring.inputGradient != nil)
    }

    private init(kernels: ConvolutionChoice, hasBias: Bool, hasInputGradient: Bool) {
        (self.kernels, self.hasBias, self.hasInputGradient) = (kernels, hasBias, hasInputGradient)
    }

    public var shape: ConvolutionShape { kernels.forward.shape }
    public var layout: TensorLayout { kernels.forward.layout }

    /// One that does all that either does; both are of one shape and layout.
    fileprivate func joined(with other: PlannedConvolution) -> PlannedConvolution {
        PlannedConvolution(
            kernels: kernels, hasBias: hasBias || other.hasBias, hasInputGradient: hasInputGradient || other.hasInputGradient)
    }
}

extension [PlannedConvolution] {
    /// Those over pixels, for which there is a choice of algorithms: each shape once, in the order of the first of its layers.
    public var distinctOverPixels: [PlannedConvolution] {
        var distinct: [PlannedConvolution] = []
        for convolution in self where convolution.layout == .pixels {
            if let known = distinct.firstIndex(where: { $0.shape == convolution.shape }) {
                distinct[known] = distinct[known].joined(with: convolution)
            } else {
                distinct.append(convolution)
            }
        }
        return distinct
    }
}

extension KernelTable {
    /// - Throws: `Failure.usage` naming the entry that is of no convolution over pixels, or whose algorithm does not take the shape.
    func check(fits convolutions: [PlannedConvolution]) throws {
        let shapes = convolutions.distinctOverPixels.map(\.shape)
        for (name, algorithms) in entries.sorted(by: { $0.key < $1.key }) {
            guard let shape = shapes.first(where: { $0.description == name }) else {
                let known = shapes.map(\.description)
                throw Failure(
                    .usage,
                    "kernels: '\(name)' is no convolution over pixels of this model: \(suggestion(for: name, among: known))"
                        + "they are \(known.joined(separator: ", "))")
            }
            let candidates = ConvolutionChoice.candidates(for: shape, layout: .pixels).map { type(of: $0).name }
            for direction in ConvolutionDirection.allCases where !candidates.contains(algorithms[direction]) {
                throw Failure(
                    .usage,
                    "kernels.\(name).\(direction.rawValue): '\(algorithms[direction])' does not compute this convolution; "
                        + "what does is \(candidates.joined(separator: ", "))")
            }
        }
    }
}
