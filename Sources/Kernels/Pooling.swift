/// The geometry of a pooling window that slides over [N, H, W, C] and gives [N, P, Q, C].
public struct PoolingShape: Sendable, Equatable {
    public let height: Int, width: Int, channels: Int
    public let windowHeight: Int, windowWidth: Int, stride: Int, padding: Int

    public init(height: Int, width: Int, channels: Int, windowHeight: Int, windowWidth: Int, stride: Int, padding: Int = 0) {
        self.height = height
        self.width = width
        self.channels = channels
        self.windowHeight = windowHeight
        self.windowWidth = windowWidth
        self.stride = stride
        self.padding = padding
    }

    public var outputHeight: Int { (height + 2 * padding - windowHeight) / stride + 1 }
    public var outputWidth: Int { (width + 2 * padding - windowWidth) / stride + 1 }
    public var inputCount: Int { height * width * channels }
    public var outputCount: Int { outputHeight * outputWidth * channels }

    /// Calls `body` with the offset of each output pixel's first channel, and the rows and columns of its window inside the image.
    @inline(__always)
    fileprivate func forEachWindow(images: Int, _ body: (_ y: Int, _ image: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void)
    {
        var y = 0
        for image in 0..<images {
            for p in 0..<outputHeight {
                let top = p * stride - padding
                let rows = max(top, 0)..<min(top + windowHeight, height)
                for q in 0..<outputWidth {
                    let left = q * stride - padding
                    body(y, image, rows, max(left, 0)..<min(left + windowWidth, width))
                    y += channels
                }
            }
        }
    }

    /// The offset of the first channel of an input pixel.
    @inline(__always)
    fileprivate func pixel(_ image: Int, _ row: Int, _ column: Int) -> Int { ((image * height + row) * width + column) * channels }
}

/// Y = the largest X of the window; padding never wins, and a NaN in the window is handed on, as PyTorch does.
public enum MaxPooling {
    public static func forward(
        _ shape: PoolingShape, images: Int, input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        shape.forEachWindow(images: images) { y, image, rows, columns in
            var c = 0
            while c + 8 <= shape.channels {
                var largest = SIMD8<Float>(repeating: -.infinity)
                for row in rows {
                    for column in columns {
                        let x = load8(input + shape.pixel(image, row, column) + c)
                        largest.replace(with: x, where: (x .> largest) .| (x .!= x))
                    }
                }
                store8(largest, at: output + y + c)
                c += 8
            }
            while c < shape.channels {
                var largest = -Float.infinity
                for row in rows {
                    for column in columns {
                        let x = input[shape.pixel(image, row, column) + c]
                        largest = x > largest || x != x ? x : largest
                    }
                }
                output[y + c] = largest
                c += 1
            }
        }
    }

    /// dX ← dY at the first position of each window that holds its maximum (row by row), summed where windows overlap; 0 elsewhere.
    public static func backward(
        _ shape: PoolingShape, images: Int, input: UnsafePointer<Float>, output: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
        inputGradient.update(repeating: 0, count: images * shape.inputCount)
        shape.forEachWindow(images: images) { y, image, rows, columns in
            var c = 0
            while c + 8 <= shape.channels {
                let largest = load8(output + y + c)
                // What has not found its position yet.
                var left = load8(outputGradient + y + c)
                for row in rows {
                    for column in columns {
                        let x = shape.pixel(image, row, column) + c
                        let hit = load8(input + x) .== largest
                        store8(load8(inputGradient + x) + SIMD8().replacing(with: left, where: hit), at: inputGradient + x)
                        left.replace(with: 0, where: hit)
                    }
                }
                c += 8
            }
            while c < shape.channels {
                search: for row in rows {
                    for column in columns {
                        let x = shape.pixel(image, row, column) + c
                        if input[x] == output[y + c] {
                            inputGradient[x] += outputGradient[y + c]
                            break search
                        }
                    }
                }
                c += 1
            }
        }
    }
}

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
