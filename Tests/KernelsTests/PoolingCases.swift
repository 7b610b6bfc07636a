import Kernels
import TestSupport

/// A pooling by plain loops: for every output, the offsets of the inputs in its window, row by row.
struct PoolingCase: Sendable, CustomStringConvertible {
    let shape: PoolingShape
    let images: Int
    let stream: Int

    var description: String {
        "\(images) images of \(shape.height)×\(shape.width)×\(shape.channels), window \(shape.windowHeight)×\(shape.windowWidth), "
            + "stride \(shape.stride), padding \(shape.padding)"
    }

    var input: [Float] { hashedFloats(images * shape.inputCount, stream: 3 * stream) }
    /// A few different values only, so that windows have ties.
    var tiedInput: [Float] { input.map { ($0 * 2).rounded(.down) } }
    var outputGradient: [Float] { hashedFloats(images * shape.outputCount, stream: 3 * stream + 1) }

    func windows() -> [[Int]] {
        var windows: [[Int]] = []
        for image in 0..<images {
            for p in 0..<shape.outputHeight {
                for q in 0..<shape.outputWidth {
                    for c in 0..<shape.channels { windows.append(window(image, p, q, c)) }
                }
            }
        }
        return windows
    }

    private func window(_ image: Int, _ p: Int, _ q: Int, _ c: Int) -> [Int] {
        var offsets: [Int] = []
        for r in 0..<shape.windowHeight {
            for s in 0..<shape.windowWidth {
                let (row, column) = (p * shape.stride - shape.padding + r, q * shape.stride - shape.padding + s)
                if row >= 0 && row < shape.height && column >= 0 && column < shape.width {
                    offsets.append(((image * shape.height + row) * shape.width + column) * shape.channels + c)
                }
            }
        }
        return offsets
    }

    /// LeNet's poolings (the first of more samples than a block has), global pooling, and 150 drawn ones: windows that overlap, that leave gaps, that stand over the edge.
    static let all: [PoolingCase] = {
        var cases = [
            PoolingCase(
                shape: .init(height: 28, width: 28, channels: 6, windowHeight: 2, windowWidth: 2, stride: 2), images: 17,
                stream: 900
            ),
            PoolingCase(
                shape: .init(height: 10, width: 10, channels: 16, windowHeight: 2, windowWidth: 2, stride: 2), images: 3,
                stream: 901),
            PoolingCase(
                shape: .init(height: 7, width: 7, channels: 17, windowHeight: 7, windowWidth: 7, stride: 7), images: 2, stream: 902),
            PoolingCase(
                shape: .init(height: 9, width: 9, channels: 5, windowHeight: 3, windowWidth: 3, stride: 2, padding: 1), images: 2,
                stream: 903),
        ]
        var index = 0
        while cases.count < 154 {
            func draw(_ range: ClosedRange<Int>, _ stream: Int) -> Int {
                range.lowerBound + hashedInteger(below: range.count, index: index, stream: 100 + stream)
            }
            index += 1
            let (windowHeight, windowWidth) = (draw(1...4, 1), draw(1...4, 2))
            let shape = PoolingShape(
                height: draw(1...11, 3), width: draw(1...11, 4), channels: [1, 2, 6, 15, 16, 17, 33][draw(0...6, 5)],
                windowHeight: windowHeight, windowWidth: windowWidth, stride: draw(1...4, 6),
                padding: draw(0...(min(windowHeight, windowWidth) / 2), 7))
            if shape.height + 2 * shape.padding >= windowHeight && shape.width + 2 * shape.padding >= windowWidth {
                cases.append(PoolingCase(shape: shape, images: draw(1...3, 8), stream: index))
            }
        }
        return cases
    }()
}
