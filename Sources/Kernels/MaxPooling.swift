/// Y = the largest X of the window, or with `rectifies` the larger of that and 0, as if a ReLU stood in front or behind; padding never wins,
/// and a NaN in the window is handed on, as PyTorch does.
public enum MaxPooling {
    public static func forward(
        _ shape: PoolingShape, images: Int, input: UnsafePointer<Float>, rectifies: Bool = false,
        output: UnsafeMutablePointer<Float>
    ) {
        let (inputs, outputs) = (images * shape.inputCount, images * shape.outputCount)
        shape.forEachWindow(images: images) { y, image, rows, columns in
            for c in stride(from: 0, to: shape.channels, by: 8) {
                let last = shape.pixel(image, rows.upperBound - 1, columns.upperBound - 1) + c
                // Lanes behind the last channel hold what follows in memory; the next window's values are written over what they leave.
                let isInside = last + 8 <= inputs && y + c + 8 <= outputs
                let width = isInside ? 8 : min(8, shape.channels - c)
                var largest = SIMD8<Float>(repeating: -.infinity)
                for row in rows {
                    for column in columns {
                        let x = load(input + shape.pixel(image, row, column) + c, width: width)
                        largest.replace(with: x, where: (x .> largest) .| (x .!= x))
                    }
                }
                if rectifies { largest.replace(with: 0, where: largest .< 0) }
                store(largest, width: width, at: output + y + c)
            }
        }
    }

    /// dX ← dY at the first position of each window that holds its maximum (row by row), summed where windows overlap; 0 elsewhere, and
    /// with `rectifies` also where the maximum is not above 0.
    public static func backward(
        _ shape: PoolingShape, images: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, rectifies: Bool = false, inputGradient: UnsafeMutablePointer<Float>
    ) {
        let gradients = Gradients(
            shape: shape, images: images, input: input, output: output, outputGradient: outputGradient, rectifies: rectifies,
            inputGradient: inputGradient)
        if shape.isTiling { gradients.write() } else { gradients.add() }
    }

    private struct Gradients {
        let shape: PoolingShape
        let images: Int
        let input: UnsafePointer<Float>, output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>
        let rectifies: Bool
        let inputGradient: UnsafeMutablePointer<Float>

        /// What the channels behind `y` hand back.
        @inline(__always)
        private func gradient(_ y: Int, width: Int) -> (largest: SIMD8<Float>, gradient: SIMD8<Float>) {
            let largest = load(output + y, width: width)
            let gradient = load(outputGradient + y, width: width)
            return (largest, rectifies ? gradient.replacing(with: 0, where: .!(largest .> 0)) : gradient)
        }

        /// Windows that overlap, or leave gaps.
        func add() {
            inputGradient.update(repeating: 0, count: images * shape.inputCount)
            shape.forEachWindow(images: images) { y, image, rows, columns in
                for c in stride(from: 0, to: shape.channels, by: 8) {
                    let width = min(8, shape.channels - c)
                    // What has not found its position yet.
                    let (largest, gradient) = gradient(y + c, width: width)
                    var left = gradient
                    for row in rows {
                        for column in columns {
                            let x = shape.pixel(image, row, column) + c
                            let hit = load(input + x, width: width) .== largest
                            let sum = load(inputGradient + x, width: width) + SIMD8().replacing(with: left, where: hit)
                            store(sum, width: width, at: inputGradient + x)
                            left.replace(with: 0, where: hit)
                        }
                    }
                }
            }
        }

        /// Windows that tile the image: every gradient is written once and, where the channels fit into one vector, in the order of memory,
        /// so that lanes behind the last channel may be written too: what belongs there comes later.
        func write() {
            let (inputs, outputs) = (images * shape.inputCount, images * shape.outputCount)
            let size = shape.stride
            for row in 0..<images * shape.height {
                let (image, imageRow) = row.quotientAndRemainder(dividingBy: shape.height)
                let top = imageRow / size * size
                let firstOutput = (image * shape.outputHeight + imageRow / size) * shape.outputWidth
                for q in 0..<shape.outputWidth {
                    for c in stride(from: 0, to: shape.channels, by: 8) {
                        let y = (firstOutput + q) * shape.channels + c
                        let last = shape.pixel(image, imageRow, (q + 1) * size - 1) + c
                        let maySpill = shape.channels <= 8 && last + 8 <= inputs && y + 8 <= outputs
                        let width = maySpill ? 8 : min(8, shape.channels - c)
                        let (largest, gradient) = gradient(y, width: width)
                        var left = gradient
                        for earlier in top..<imageRow {
                            for column in q * size..<(q + 1) * size {
                                let x = load(input + shape.pixel(image, earlier, column) + c, width: width)
                                left.replace(with: 0, where: x .== largest)
                            }
                        }
                        for column in q * size..<(q + 1) * size {
                            let x = shape.pixel(image, imageRow, column) + c
                            let hit = load(input + x, width: width) .== largest
                            store(SIMD8().replacing(with: left, where: hit), width: width, at: inputGradient + x)
                            left.replace(with: 0, where: hit)
                        }
                    }
                }
            }
        }
    }
}
