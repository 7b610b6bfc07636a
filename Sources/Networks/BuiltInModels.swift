import Diagnostics

/// A model that comes with Lockstep, for any input shape and number of classes.
public enum BuiltInModel: String, Sendable, CaseIterable {
    case lenet5
    case linear

    /// - Throws: `Failure.usage` with the nearest known name where there is no such model.
    public init(named name: String) throws {
        guard let model = Self(rawValue: name) else {
            let known = Self.allCases.map(\.rawValue)
            let suggestion = nearestName(to: name, among: known).map { "did you mean '\($0)'? " } ?? ""
            throw Failure(.usage, "unknown model '\(name)': \(suggestion)known models are \(known.joined(separator: ", "))")
        }
        self = model
    }

    public func model(input: TensorShape, classes: Int) -> Model {
        Model(name: rawValue, input: input, classes: classes, layers: layers(input: input, classes: classes))
    }

    private func layers(input: TensorShape, classes: Int) -> [LayerDescription] {
        switch self {
        case .lenet5:
            // LeCun et al., Proc. IEEE 86 (1998), with ReLU, max pooling and dropout as is usual now; 62,006 parameters for 32×32×3 and
            // ten classes. An image of 28×28 is padded to the 32×32 that the network was drawn for.
            let padding = input.height < 32 ? (32 - input.height + 1) / 2 : 0
            return [
                .convolution(.init(channels: 6, kernel: 5, padding: padding)), .relu, .maxPool(.init(size: 2)),
                .convolution(.init(channels: 16, kernel: 5)), .relu, .maxPool(.init(size: 2)),
                .flatten, .linear(.init(outputs: 120)), .relu, .linear(.init(outputs: 84)), .relu,
                .dropout(.init(rate: 0.5)), .linear(.init(outputs: classes)),
            ]
        case .linear:
            // Softmax regression: what a task asks beyond it is what the layers of the others are for.
            return [.flatten, .linear(.init(outputs: classes))]
        }
    }
}
