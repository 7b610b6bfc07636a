/// Y = max(X, 0), element by element; `output` may be `input`.
public enum ReLU {
    public static func forward(count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        // Written so that a NaN stays one.
        for i in 0..<count { output[i] = input[i] < 0 ? 0 : input[i] }
    }

    /// dX ← dY where Y > 0, else 0; `inputGradient` may be `outputGradient`.
    public static func backward(
        count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
        for i in 0..<count { inputGradient[i] = output[i] > 0 ? outputGradient[i] : 0 }
    }
}

/// Y = X where `kept`, times 1/(1 − rate); 0 elsewhere. The gradient takes the same way. Source: Srivastava et al., JMLR 15, 2014, in
/// the inverted form, so that evaluation needs no change.
public enum Dropout {
    public static func apply(
        count: Int, kept: UnsafePointer<Bool>, scale: Float, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        for i in 0..<count { output[i] = kept[i] ? input[i] * scale : 0 }
    }
}
