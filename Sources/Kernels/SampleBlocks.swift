/// Samples side by side: [N, count] as [⌈N/lanes⌉, count, lanes], and back.
public enum SampleBlocks {
    /// Samples in a block: the lanes of a vector register, 16 or 8.
    public static var lanes: Int { KernelVector.scalarCount }

    /// Blocks that hold so many samples: ⌈samples/lanes⌉.
    public static func blocks(samples: Int) -> Int { (samples + lanes - 1) / lanes }

    /// Floats of a sample that are moved at a time: those of a cache line, so that each line is visited once, though samples may lie a multiple
    /// of the cache's page apart and displace each other's lines.
    private static let lineFloats = 16

    /// target[b, i, lane] ← source[b·lanes + lane, i], and 0 behind the last sample.
    ///
    /// - Parameters:
    ///   - samples: N.
    ///   - count: Floats of each sample.
    ///   - source: [samples, count].
    ///   - target: [blocks, count, lanes].
    public static func gather(samples: Int, count: Int, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        forEachSquare(samples: samples, count: count) { sample, first, place, present in
            let from = source + sample * count + first
            if present == 8 {
                var square = Square(from, stride: count)
                square.transpose()
                square.store(at: target + place, stride: lanes)
            } else {
                var square = Square()
                for row in 0..<8 where row < present { square.setRow(row, from + row * count) }
                square.transpose()
                square.store(at: target + place, stride: lanes)
            }
        } each: { sample, i, place in
            target[place] = sample < samples ? source[sample * count + i] : 0
        }
    }

    /// target[b·lanes + lane, i] ← source[b, i, lane] for the samples that there are: `gather` the other way.
    ///
    /// - Parameters:
    ///   - samples: N.
    ///   - count: Floats of each sample.
    ///   - source: [blocks, count, lanes].
    ///   - target: [samples, count].
    public static func scatter(samples: Int, count: Int, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>)
    {
        forEachSquare(samples: samples, count: count) { sample, first, place, present in
            let to = target + sample * count + first
            var square = Square(source + place, stride: lanes)
            square.transpose()
            if present == 8 {
                square.store(at: to, stride: count)
            } else {
                for row in 0..<8 where row < present { square.storeRow(row, at: to + row * count) }
            }
        } each: { sample, i, place in
            if sample < samples { target[sample * count + i] = source[place] }
        }
    }

    /// Calls `square` for each 8 samples' next 8 floats: the first sample and float, their place in the blocks, and how many of the samples
    /// there are (not above 8, perhaps none); and `each` for the floats behind the last whole eight.
    @inline(__always)
    private static func forEachSquare(
        samples: Int, count: Int, square: (_ sample: Int, _ first: Int, _ place: Int, _ present: Int) -> Void,
        each: (_ sample: Int, _ i: Int, _ place: Int) -> Void
    ) {
        let whole = count / 8 * 8
        for block in 0..<blocks(samples: samples) {
            let start = block * count * lanes
            for line in stride(from: 0, to: whole, by: lineFloats) {
                for lane in stride(from: 0, to: lanes, by: 8) {
                    let sample = block * lanes + lane
                    for first in stride(from: line, to: min(line + lineFloats, whole), by: 8) {
                        square(sample, first, start + first * lanes + lane, max(0, min(8, samples - sample)))
                    }
                }
            }
            for i in whole..<count {
                for lane in 0..<lanes { each(block * lanes + lane, i, start + i * lanes + lane) }
            }
        }
    }
}

/// Eight rows of eight floats, in registers.
private struct Square {
    private var upper = InlineArray<4, SIMD8<Float>>(repeating: SIMD8())
    private var lower = InlineArray<4, SIMD8<Float>>(repeating: SIMD8())

    @inline(__always)
    init() {}

    @inline(__always)
    init(_ source: UnsafePointer<Float>, stride: Int) {
        for row in 0..<4 {
            upper[row] = load8(source + row * stride)
            lower[row] = load8(source + (row + 4) * stride)
        }
    }

    @inline(__always)
    mutating func setRow(_ row: Int, _ source: UnsafePointer<Float>) {
        if row < 4 { upper[row] = load8(source) } else { lower[row - 4] = load8(source) }
    }

    @inline(__always)
    func storeRow(_ row: Int, at target: UnsafeMutablePointer<Float>) {
        store8(row < 4 ? upper[row] : lower[row - 4], at: target)
    }

    @inline(__always)
    func store(at target: UnsafeMutablePointer<Float>, stride: Int) {
        for row in 0..<4 {
            store8(upper[row], at: target + row * stride)
            store8(lower[row], at: target + (row + 4) * stride)
        }
    }

    /// Three perfect shuffles: each puts row i and row i + 4 into rows 2i and 2i + 1, their lanes in turns. A place's six bits, row above lane,
    /// move round by one each time; after three, rows and lanes have changed places.
    @inline(__always)
    mutating func transpose() {
        shuffle()
        shuffle()
        shuffle()
    }

    @inline(__always)
    private mutating func shuffle() {
        let (a, b) = (upper, lower)
        for i in 0..<2 {
            upper[2 * i] = Self.interleave(a[i].lowHalf, b[i].lowHalf)
            upper[2 * i + 1] = Self.interleave(a[i].highHalf, b[i].highHalf)
            lower[2 * i] = Self.interleave(a[i + 2].lowHalf, b[i + 2].lowHalf)
            lower[2 * i + 1] = Self.interleave(a[i + 2].highHalf, b[i + 2].highHalf)
        }
    }

    @inline(__always)
    private static func interleave(_ even: SIMD4<Float>, _ odd: SIMD4<Float>) -> SIMD8<Float> {
        var both = SIMD8<Float>()
        both.evenHalf = even
        both.oddHalf = odd
        return both
    }
}
