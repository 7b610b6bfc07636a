/// Y = the largest X of the window, or with `rectifies` the larger of that and 0, as if a ReLU stood in front or behind; padding never wins,
/// and a NaN in the window is handed on, as PyTorch does.
///
/// Forward keeps where each window's winner stands, so that backward looks at no activation at all.
public enum MaxPooling {
    /// A winner that none is: the largest was not above 0 and the ReLU let nothing through.
    public static let noWinner = UInt16.max
    /// Places that a window may have: the numbers of winners below `noWinner`.
    public static let mostPlaces = Int(UInt16.max)

    /// - Parameters:
    ///   - shape: Its window has at most `mostPlaces` places.
    ///   - images: Samples; N.
    ///   - layout: Of X and Y.
    ///   - output: Y, [N, P, Q, C] in `layout`.
    ///   - winners: For each value of Y the place of the first of the largest in its window, row by row (row · windowWidth + column, padding
    ///     counted), or `noWinner`; of a window that holds NaN, the place of the last of these.
    public static func forward(
        _ shape: PoolingShape, images: Int, layout: TensorLayout = .pixels, input: UnsafePointer<Float>, rectifies: Bool = false,
        output: UnsafeMutablePointer<Float>, winners: UnsafeMutablePointer<UInt16>
    ) {
        let (shape, images) = shape.overPixels(images: images, layout)
        let search = WinnerSearch(
            shape: shape, images: images, input: input, rectifies: rectifies, output: output, winners: winners)
        shape.forEachWindow(images: images) { window in
            // Windows of 2×2 and of 3×3, by far the most, have loops of known length.
            if shape.windowHeight == 2 && shape.windowWidth == 2 && window.rows.count == 2 && window.columns.count == 2 {
                search.look(at: window, first: 0, height: 2, width: 2, windowWidth: 2)
            } else if shape.windowHeight == 3 && shape.windowWidth == 3 && window.rows.count == 3 && window.columns.count == 3 {
                search.look(at: window, first: 0, height: 3, width: 3, windowWidth: 3)
            } else {
                search.look(
                    at: window, first: shape.place(window.rows.lowerBound, window.columns.lowerBound, in: window),
                    height: window.rows.count, width: window.columns.count, windowWidth: shape.windowWidth)
            }
        }
    }

    /// dX ← dY at the winner of each window, summed where windows overlap; 0 elsewhere.
    ///
    /// - Parameters:
    ///   - winners: As `forward` left them.
    ///   - outputGradient: dY, in `layout` as all that follows.
    ///   - inputGradient: dX, [N, H, W, C].
    public static func backward(
        _ shape: PoolingShape, images: Int, layout: TensorLayout = .pixels, winners: UnsafePointer<UInt16>,
        outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
    ) {
        let (shape, images) = shape.overPixels(images: images, layout)
        let gradients = WinnerGradients(
            shape: shape, images: images, winners: winners, outputGradient: outputGradient, inputGradient: inputGradient)
        if shape.isTiling { gradients.write() } else { gradients.add() }
    }
}

/// The forward pass over one window after another, eight channels at a time.
private struct WinnerSearch {
    let shape: PoolingShape
    let images: Int
    let input: UnsafePointer<Float>
    let rectifies: Bool
    let output: UnsafeMutablePointer<Float>
    let winners: UnsafeMutablePointer<UInt16>

    /// - Parameter first: The place in the window of its first pixel inside the image; `height` × `width` of them are inside.
    @inline(__always)
    func look(at window: PoolingShape.Window, first: Int, height: Int, width: Int, windowWidth: Int) {
        let (inputs, outputs) = (images * shape.inputCount, images * shape.outputCount)
        let corner = shape.pixel(window.image, window.rows.lowerBound, window.columns.lowerBound)
        let y = window.output
        let (rowCount, channels) = (shape.width * shape.channels, shape.channels)
        let end = corner + (height - 1) * rowCount + (width - 1) * channels
        for c in stride(from: 0, to: channels, by: 8) {
            // Lanes behind the last channel hold what follows in memory; the next window's values are written over what they leave.
            let isInside = end + c + 8 <= inputs && y + c + 8 <= outputs
            let lanes = isInside ? 8 : min(8, channels - c)
            var largest = load(input + corner + c, width: lanes)
            var winner = SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: first))
            for r in 0..<height {
                for s in 0..<width where r + s > 0 {
                    let x = load(input + corner + r * rowCount + s * channels + c, width: lanes)
                    let wins = (x .> largest) .| (x .!= x)
                    largest.replace(with: x, where: wins)
                    winner.replace(with: Int32(truncatingIfNeeded: first + r * windowWidth + s), where: wins)
                }
            }
            if rectifies {
                winner.replace(with: Int32(MaxPooling.noWinner), where: .!(largest .> 0))
                largest.replace(with: 0, where: largest .< 0)
            }
            store(largest, width: lanes, at: output + y + c)
            store(winner, width: lanes, at: winners + y + c)
        }
    }
}

/// The backward pass.
private struct WinnerGradients {
    let shape: PoolingShape
    let images: Int
    let winners: UnsafePointer<UInt16>
    let outputGradient: UnsafePointer<Float>
    let inputGradient: UnsafeMutablePointer<Float>

    /// Windows that overlap, or leave gaps.
    func add() {
        inputGradient.update(repeating: 0, count: images * shape.inputCount)
        shape.forEachWindow(images: images) { window in
            let y = window.output
            for c in stride(from: 0, to: shape.channels, by: 8) {
                let width = min(8, shape.channels - c)
                let gradient = load(outputGradient + y + c, width: width)
                let winner = load(winners + y + c, width: width)
                for row in window.rows {
                    for column in window.columns {
                        let x = shape.pixel(window.image, row, column) + c
                        let hit = winner .== Float(shape.place(row, column, in: window))
                        let sum = load(inputGradient + x, width: width) + SIMD8().replacing(with: gradient, where: hit)
                        store(sum, width: width, at: inputGradient + x)
                    }
                }
            }
        }
    }

    /// Windows that tile the image: every gradient is written once and, where the channels fit into one vector, in the order of memory, so that
    /// lanes behind the last channel may be written too: what belongs there comes later.
    func write() {
        for row in 0..<images * shape.height {
            // Windows of 2×2, by far the most, have loops of known length.
            if shape.stride == 2 { write(row: row, size: 2) } else { write(row: row, size: shape.stride) }
        }
    }

    @inline(__always)
    private func write(row: Int, size: Int) {
        let (inputs, outputs) = (images * shape.inputCount, images * shape.outputCount)
        let channels = shape.channels
        let (image, imageRow) = row.quotientAndRemainder(dividingBy: shape.height)
        let firstPlace = imageRow % size * size
        let firstOutput = (image * shape.outputHeight + imageRow / size) * shape.outputWidth
        for q in 0..<shape.outputWidth {
            let corner = shape.pixel(image, imageRow, q * size)
            for c in stride(from: 0, to: channels, by: 8) {
                let y = (firstOutput + q) * channels + c
                let maySpill = channels <= 8 && corner + (size - 1) * channels + c + 8 <= inputs && y + 8 <= outputs
                let width = maySpill ? 8 : min(8, channels - c)
                let gradient = load(outputGradient + y, width: width)
                let winner = load(winners + y, width: width)
                for s in 0..<size {
                    let hit = winner .== Float(firstPlace + s)
                    store(
                        SIMD8().replacing(with: gradient, where: hit), width: width, at: inputGradient + corner + s * channels + c)
                }
            }
        }
    }
}

/// The first `width` ≤ 8 winners at `source`, as floats, which hold them exactly and are compared in one instruction, as Swift's vectors of integers
/// are not; the lanes behind them are 0.
@inline(__always)
private func load(_ source: UnsafePointer<UInt16>, width: Int) -> SIMD8<Float> {
    var lanes = SIMD8<UInt16>()
    if width == 8 {
        lanes = UnsafeRawPointer(source).loadUnaligned(as: SIMD8<UInt16>.self)
    } else {
        for i in 0..<8 where i < width { lanes[i] = source[i] }
    }
    return SIMD8<Float>(SIMD8<Int32>(truncatingIfNeeded: lanes))
}

/// Puts the first `width` ≤ 8 winners at `target`.
@inline(__always)
private func store(_ winners: SIMD8<Int32>, width: Int, at target: UnsafeMutablePointer<UInt16>) {
    let lanes = SIMD8<UInt16>(truncatingIfNeeded: winners)
    if width == 8 {
        UnsafeMutableRawPointer(target).storeBytes(of: lanes, as: SIMD8<UInt16>.self)
    } else {
        for i in 0..<8 where i < width { target[i] = lanes[i] }
    }
}
