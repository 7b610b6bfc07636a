/// Y = (the sum of the window) / (R·S), padding counted as zeros (PyTorch's `count_include_pad=True`).
public enum AveragePooling {
    /// - Parameters:
    ///   - images: Samples; N.
    ///   - layout: Of X and Y.
    public static func forward(
        _ shape: PoolingShape, images: Int, layout: TensorLayout = .pixels, input: UnsafePointer<Float>,
        output: UnsafeMutablePointer<Float>
    ) {
        let (shape, images) = shape.overPixels(images: images, layout)
        let share = 1 / Float(shape.windowHeight * shape.windowWidth)
        shape.forEachWindow(images: images) { window in
            let y = window.output
            for c in 0..<shape.channels { output[y + c] = 0 }
            for row in window.rows {
                for column in window.columns {
                    let x = shape.pixel(window.image, row, column)
                    for c in 0..<shape.channels { output[y + c] += input[x + c] }
                }
            }
            for c in 0..<shape.channels { output[y + c] *= share }
        }
    }

    /// dX ← Σ dY / (R·S) over the windows that hold X.
    public static func backward(
        _ shape: PoolingShape, images: Int, layout: TensorLayout = .pixels, outputGradient: UnsafePointer<Float>,
        inputGradient: UnsafeMutablePointer<Float>
    ) {
        let (shape, images) = shape.overPixels(images: images, layout)
        let share = 1 / Float(shape.windowHeight * shape.windowWidth)
        inputGradient.update(repeating: 0, count: images * shape.inputCount)
        shape.forEachWindow(images: images) { window in
            let y = window.output
            for row in window.rows {
                for column in window.columns {
                    let x = shape.pixel(window.image, row, column)
                    for c in 0..<shape.channels { inputGradient[x + c] += outputGradient[y + c] * share }
                }
            }
        }
    }
}
