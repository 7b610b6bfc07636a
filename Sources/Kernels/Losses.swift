import Foundation

/// The softmax cross-entropy of one sample, with label smoothing by α: loss = ln Σ_j exp z_j − Σ_j t_j·z_j for the targets
/// t_j = (1 − α)·[j = label] + α/classes. Source: Szegedy et al., CVPR 2016, section 7.
public enum SoftmaxCrossEntropy {
    /// Returns the loss, and stores its gradient softmax(z) − t where `gradient` is given.
    ///
    /// The largest logit is subtracted before any exponential is taken, and sums are in Double, so that no finite logits overflow.
    /// A NaN or +∞ anywhere, or −∞ at the label, gives a loss that is not finite.
    public static func sample(
        classes: Int, logits: UnsafePointer<Float>, label: Int, smoothing: Double = 0, gradient: UnsafeMutablePointer<Float>?
    ) -> Double {
        var largest = logits[0]
        for j in 1..<max(classes, 1) where logits[j] > largest { largest = logits[j] }
        var sum = 0.0
        var logitSum = 0.0
        for j in 0..<classes {
            let z = Double(logits[j]) - Double(largest)
            sum += exp(z)
            logitSum += z
        }
        let even = smoothing / Double(classes)
        if let gradient {
            for j in 0..<classes {
                let target = even + (j == label ? 1 - smoothing : 0)
                gradient[j] = Float(exp(Double(logits[j]) - Double(largest)) / sum - target)
            }
        }
        return log(sum) - (1 - smoothing) * (Double(logits[label]) - Double(largest)) - (smoothing == 0 ? 0 : even * logitSum)
    }

    /// The class of the largest logit, the first of equals.
    public static func prediction(classes: Int, logits: UnsafePointer<Float>) -> Int {
        var best = 0
        for j in 1..<max(classes, 1) where logits[j] > logits[best] { best = j }
        return best
    }
}

/// The squared Euclidean distance of one sample's outputs from its one-hot target, averaged over classes:
/// loss = Σ_j (z_j − [j = label])² / classes. PyTorch's `MSELoss` is its mean over the samples.
public enum EuclideanLoss {
    /// Returns the loss, and stores its gradient 2·(z − onehot)/classes where `gradient` is given.
    public static func sample(
        classes: Int, outputs: UnsafePointer<Float>, label: Int, gradient: UnsafeMutablePointer<Float>?
    ) -> Double {
        var sum = 0.0
        for j in 0..<classes {
            let distance = Double(outputs[j]) - (j == label ? 1 : 0)
            sum += distance * distance
            gradient?[j] = Float(2 * distance / Double(classes))
        }
        return sum / Double(classes)
    }
}
