/// Y = max(X, 0), element by element; `output` may be `input`.
///
/// Written in vectors: where both are one buffer, the compiler would not dare to.
public enum ReLU {
    public static func forward(count: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        var i = 0
        while i + 8 <= count {
            let x = load8(input + i)
            // So that a NaN stays one.
            store8(x.replacing(with: 0, where: x .< 0), at: output + i)
            i += 8
        }
        while i < count {
            output[i] = input[i] < 0 ? 0 : input[i]
            i += 1
        }
    }

    /// dX ← dY where Y > 0, else 0; `inputGradient` may be `outputGradient`.
    public static func backward(
        count: Int, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
        var i = 0
        while i + 8 <= count {
            let kept = load8(output + i) .> 0
            store8(load8(outputGradient + i).replacing(with: 0, where: .!kept), at: inputGradient + i)
            i += 8
        }
        while i < count {
            inputGradient[i] = output[i] > 0 ? outputGradient[i] : 0
            i += 1
        }
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

/// Sums of two tensors of `count` values; `output` may be `a`. With `rectifies`, the larger of each sum and 0.
public enum Addition {
    public static func forward(
        count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rectifies: Bool = false,
        output: UnsafeMutablePointer<Float>
    ) {
        var i = 0
        while i + 8 <= count {
            var sum = load8(a + i) + load8(b + i)
            // So that a NaN stays one.
            if rectifies { sum.replace(with: 0, where: sum .< 0) }
            store8(sum, at: output + i)
            i += 8
        }
        while i < count {
            let sum = a[i] + b[i]
            output[i] = rectifies && sum < 0 ? 0 : sum
            i += 1
        }
    }
}

/// Channels of zeros behind those of [pixels, channels]: the shortcut without parameters. Source: He et al., CVPR 2016, 3.3, option A.
public enum ChannelPadding {
    public static func forward(
        pixels: Int, inputs: Int, outputs: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        for pixel in 0..<pixels {
            for c in 0..<inputs { output[pixel * outputs + c] = input[pixel * inputs + c] }
            for c in inputs..<outputs { output[pixel * outputs + c] = 0 }
        }
    }

    public static func backward(
        pixels: Int, inputs: Int, outputs: Int, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
        for pixel in 0..<pixels {
            for c in 0..<inputs { inputGradient[pixel * inputs + c] = outputGradient[pixel * outputs + c] }
        }
    }
}
