import Foundation

/// The softmax cross-entropy of one sample: loss = ln Σ_j exp z_j − z_label.
public enum SoftmaxCrossEntropy {
    /// Returns the loss, and stores its gradient softmax(z) − onehot(label) where `gradient` is given.
    ///
    /// The largest logit is subtracted before any exponential is taken, and sums are in Double, so that no finite logits overflow.
    /// A NaN or +∞ anywhere, or −∞ at the label, gives a loss that is not finite.
    public static func sample(
        classes: Int, logits: UnsafePointer<Float>, label: Int, gradient: UnsafeMutablePointer<Float>?
    ) -> Double {
        var largest = logits[0]
        for j in 1..<max(classes, 1) where logits[j] > largest { largest = logits[j] }
        var sum = 0.0
        for j in 0..<classes { sum += exp(Double(logits[j]) - Double(largest)) }
        if let gradient {
            for j in 0..<classes {
                gradient[j] = Float(exp(Double(logits[j]) - Double(largest)) / sum) - (j == label ? 1 : 0)
            }
        }
        return log(sum) - (Double(logits[label]) - Double(largest))
    }

    /// The class of the largest logit, the first of equals.
    public static func prediction(classes: Int, logits: UnsafePointer<Float>) -> Int {
        var best = 0
        for j in 1..<max(classes, 1) where logits[j] > logits[best] { best = j }
        return best
    }
}
