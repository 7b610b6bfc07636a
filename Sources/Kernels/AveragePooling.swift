/// Y = (the sum of the window) / (R·S), padding counted as zeros (PyTorch's `count_include_pad=True`).
public enum AveragePooling {
    public static func forward(_ shape: PoolingShape, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>)
    {
        let share = 1 / Float(shape.windowHeight * shape.windowWidth)
        shape.forEachWindow(images: images) { y, image, rows, columns in
            for c in 0..<shape.channels { output[y + c] = 0 }
            for row in rows {
                for column in columns {
                    let x = shape.pixel(image, row, column)
                    for c in 0..<shape.channels { output[y + c] += input[x + c] }
                }
            }
            for c in 0..<shape.channels { output[y + c] *= share }
        }
    }

    /// dX ← Σ dY / (R·S) over the windows that hold X.
    public static func backward(
        _ shape: PoolingShape, images: Int, outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
        let share = 1 / Float(shape.windowHeight * shape.windowWidth)
        inputGradient.update(repeating: 0, count: images * shape.inputCount)
        shape.forEachWindow(images: images) { y, image, rows, columns in
            for row in rows {
                for column in columns {
                    let x = shape.pixel(image, row, column)
                    for c in 0..<shape.channels { inputGradient[x + c] += outputGradient[y + c] * share }
                }
            }
        }
    }
}
