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
            var square = FloatSquare(source + sample * count + first, stride: count, rows: present)
            square.transpose()
            square.store(at: target + place, stride: lanes)
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
            var square = FloatSquare(source + place, stride: lanes)
            square.transpose()
            square.store(at: target + sample * count + first, stride: count, rows: present)
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
