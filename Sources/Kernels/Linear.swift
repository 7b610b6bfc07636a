/// The fully connected layer: Y [samples, outputs] = X [samples, inputs] · W [inputs, outputs] + bias [outputs].
public enum Linear {
    public static func forward(
        samples: Int, inputs: Int, outputs: Int, input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        output: UnsafeMutablePointer<Float>
    ) {
        if let bias { fillRows(output, rows: samples, with: bias, count: outputs) }
        multiply(
            rows: samples, columns: outputs, depth: inputs, Matrix(input, stride: inputs), Matrix(weights, stride: outputs),
            accumulate: bias != nil, into: output, stride: outputs)
    }

    /// dW ← dW + Xᵀ·dY, dbias ← dbias + Σ dY.
    public static func backwardWeights(
        samples: Int, inputs: Int, outputs: Int, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
        weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?
    ) {
        if let biasGradient { addRows(outputGradient, rows: samples, to: biasGradient, count: outputs) }
        multiply(
            rows: inputs, columns: outputs, depth: samples, Matrix(input, stride: inputs).transposed,
            Matrix(outputGradient, stride: outputs),
            accumulate: true, into: weightGradient, stride: outputs)
    }

    /// dX ← dY·Wᵀ.
    public static func backwardInput(
        samples: Int, inputs: Int, outputs: Int, outputGradient: UnsafePointer<Float>, weights: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>
    ) {
        multiply(
            rows: samples, columns: inputs, depth: outputs, Matrix(outputGradient, stride: outputs),
            Matrix(weights, stride: outputs).transposed,
            accumulate: false, into: inputGradient, stride: inputs)
    }
}
