import Kernels

/// What training makes small.
public enum Loss: Sendable, Equatable {
    /// Softmax cross-entropy, with label smoothing 0 ≤ α < 1.
    case softmax(labelSmoothing: Double)
    /// The mean over classes of the squared distance from the one-hot target.
    case euclidean

    /// Adds one sample's loss, and whether it is a hit, to `figures`.
    ///
    /// - Parameters:
    ///   - outputs: [classes], what the last layer has put out.
    ///   - gradient: [classes], where the gradient of the loss with respect to them goes; nil where nobody asks for it.
    public func score(
        classes: Int, outputs: UnsafePointer<Float>, label: Int, gradient: UnsafeMutablePointer<Float>?, figures: inout Figures
    ) {
        let value =
            switch self {
            case .softmax(let smoothing):
                SoftmaxCrossEntropy.sample(
                    classes: classes, logits: outputs, label: label, smoothing: smoothing, gradient: gradient)
            case .euclidean: EuclideanLoss.sample(classes: classes, outputs: outputs, label: label, gradient: gradient)
            }
        if !figures.loss.add(value) { figures.nonFinite += 1 }
        if SoftmaxCrossEntropy.prediction(classes: classes, logits: outputs) == label { figures.correct += 1 }
        figures.samples += 1
    }
}
