import Kernels
import TestSupport
import Testing

/// Rounding to 16 bits against its definition: the nearest number of the format, and of two equally near the even one.
@Suite struct WireTypeTests {
    private static let narrow: [WireType] = [.bf16, .fp16]

    /// Every number of a format comes back from it as it was.
    @Test(arguments: narrow) func everyPatternComesBack(type: WireType) {
        let workspace = Workspace()
        let (count, patterns) = (65_536, (0..<65_536).map { UInt16($0) })
        let decoded = workspace.unwritten(count)
        patterns.withUnsafeBytes { if let base = $0.baseAddress { type.decode(count: count, from: base, to: decoded) } }
        let encoded = workspace.floats([Float](repeating: 0, count: count / 2))
        type.encode(count: count, from: decoded, to: encoded)
        let found = UnsafeRawBufferPointer(start: encoded, count: 2 * count).bindMemory(to: UInt16.self)
        for index in 0..<count {
            if decoded[index].isNaN {
                #expect(value(of: found[index], type).isNaN)
            } else {
                #expect(found[index] == patterns[index] && decoded[index] == value(of: patterns[index], type))
            }
        }
        #expect(workspace.isIntact)
    }

    /// Numbers of the format, those in the middle between two, and their neighbours, at lengths around the vectors'.
    @Test(arguments: narrow) func roundsToTheNearest(type: WireType) {
        var inputs: [Float] = [
            0, -0.0, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 65_519.996, 65_520,
        ]
        for draw in 0..<4_000 {
            let number = value(of: UInt16(hashedInteger(below: 65_536, index: draw, stream: 1)), type)
            let next = value(of: UInt16(hashedInteger(below: 65_535, index: draw, stream: 1)) + 1, type)
            guard number.isFinite, next.isFinite else { continue }
            let middle = number + (next - number) / 2
            inputs += [number, middle, middle.nextUp, middle.nextDown]
        }
        #expect(inputs.count > 12_000)
        for count in [1, 7, 8, 9, 15, 16, 17, inputs.count] {
            let workspace = Workspace()
            let some = Array(inputs.suffix(count))
            let rounded = workspace.floats(some)
            type.round(count: count, from: rounded, to: rounded)
            for index in 0..<count {
                #expect(rounded[index].bitPattern == nearest(some[index], type).bitPattern, "\(some[index]) to \(type)")
            }
            #expect(workspace.isIntact)
        }
    }

    @Test(arguments: WireType.allCases) func aNaNStaysOne(type: WireType) {
        let workspace = Workspace()
        // Payloads whose carry would run into the sign, and one that is cut off altogether.
        let patterns: [UInt32] = [0x7FFF_FFFF, 0xFFFF_FFFF, 0x7F80_0001, 0xFF80_0001, 0x7FC0_0000]
        let values = workspace.floats(patterns.map { Float(bitPattern: $0) })
        let sum = workspace.unwritten(patterns.count)
        type.add(count: patterns.count, values, workspace.floats([1, 2, 3, 4, 5]), to: sum)
        type.round(count: patterns.count, from: values, to: values)
        #expect((0..<patterns.count).allSatisfy { values[$0].isNaN && sum[$0].isNaN })
    }

    @Test(arguments: WireType.allCases) func sumsAreOfRoundedValues(type: WireType) {
        for count in [1, 7, 8, 9, 40] {
            let workspace = Workspace()
            let (left, right) = (hashedFloats(count, stream: 3), hashedFloats(count, stream: 4, scale: 8))
            let a = workspace.floats(left)
            type.add(count: count, a, workspace.floats(right), to: a)
            for index in 0..<count {
                let expected = nearest(left[index], type) + nearest(right[index], type)
                #expect(a[index] == expected)
            }
            #expect(workspace.isIntact)
        }
    }

    private func value(of pattern: UInt16, _ type: WireType) -> Float {
        type == .bf16 ? Float(bitPattern: UInt32(pattern) << 16) : Float(Float16(bitPattern: pattern))
    }

    /// By search from the value's own neighbourhood in the format; overflow to infinity begins half a unit beyond the largest number.
    private func nearest(_ x: Float, _ type: WireType) -> Float {
        guard type != .fp32, x.isFinite, x != 0 else { return x }
        let patterns = UInt16(0)...(type == .bf16 ? 0x7F80 : 0x7C00)
        var (low, high) = (patterns.lowerBound, patterns.upperBound)
        // The largest pattern whose number is not above the magnitude: patterns are in the order of their numbers.
        while low < high {
            let middle = low + (high - low + 1) / 2
            if value(of: middle, type) <= x.magnitude { low = middle } else { high = middle - 1 }
        }
        let below = Double(value(of: low, type))
        // Where the next number is infinity, its place in the row is meant.
        let unit = below - Double(value(of: low == 0 ? 0 : low - 1, type))
        let next = value(of: low + 1, type)
        let above = next.isFinite ? Double(next) : below + unit
        let (down, up) = (Double(x.magnitude) - below, above - Double(x.magnitude))
        let pattern = down < up || (down == up && low.isMultiple(of: 2)) ? low : low + 1
        return x.sign == .minus ? -value(of: pattern, type) : value(of: pattern, type)
    }
}
