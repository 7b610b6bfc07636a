/// The number format in which values travel between nodes, and to which a tree's values are then rounded at every edge.
///
/// fp16 is IEEE 754's binary16: beyond 65,504 it is infinite. bf16 is the upper half of fp32. Both round to the nearest, ties to even.
public enum WireType: String, Sendable, CaseIterable, Codable {
    case fp32, bf16, fp16

    public var bytesPerValue: Int { self == .fp32 ? 4 : 2 }

    /// Half the distance from 1 to the next number: the largest relative error of one rounding, while nothing overflows or underflows.
    public var unitRoundoff: Double {
        switch self {
        case .fp32: 0x1p-24
        case .bf16: 0x1p-8
        case .fp16: 0x1p-11
        }
    }

    /// Y ← round(X), as floats still; `output` may be `input`.
    public func round(count: Int, from input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>) {
        switch self {
        case .fp32: copy(count: count, from: input, to: output)
        case .bf16: map(count: count, input, to: output) { BrainFloat.rounded($0) }
        case .fp16: map(count: count, input, to: output) { HalfFloat.rounded($0) }
        }
    }

    /// Y ← round(A) + round(B), itself not rounded: whoever takes it further up a tree does that. `output` may be `a` or `b`.
    public func add(
        count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>
    ) {
        switch self {
        case .fp32: Addition.forward(count: count, a, b, output: output)
        case .bf16: combine(count: count, a, b, to: output, BrainFloat.self)
        case .fp16: combine(count: count, a, b, to: output, HalfFloat.self)
        }
    }

    /// Writes round(X) in this format, `bytesPerValue` each.
    public func encode(count: Int, from input: UnsafePointer<Float>, to output: UnsafeMutableRawPointer) {
        switch self {
        case .fp32: output.copyMemory(from: input, byteCount: count * MemoryLayout<Float>.stride)
        case .bf16: write(count: count, from: input, to: output, BrainFloat.self)
        case .fp16: write(count: count, from: input, to: output, HalfFloat.self)
        }
    }

    /// Reads values of this format as floats.
    public func decode(count: Int, from input: UnsafeRawPointer, to output: UnsafeMutablePointer<Float>) {
        switch self {
        case .fp32: UnsafeMutableRawPointer(output).copyMemory(from: input, byteCount: count * MemoryLayout<Float>.stride)
        case .bf16: read(count: count, from: input, to: output, BrainFloat.self)
        case .fp16: read(count: count, from: input, to: output, HalfFloat.self)
        }
    }

    private func copy(count: Int, from input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>) {
        if input != UnsafePointer(output) { output.update(from: input, count: count) }
    }
}

/// A format of 16 bits, in vectors of eight.
private protocol NarrowFloat {
    static func encoded(_ x: SIMD8<Float>) -> SIMD8<UInt16>
    static func decoded(_ bits: SIMD8<UInt16>) -> SIMD8<Float>
}

extension NarrowFloat {
    @inline(__always)
    static func rounded(_ x: SIMD8<Float>) -> SIMD8<Float> { decoded(encoded(x)) }
}

private enum BrainFloat: NarrowFloat {
    @inline(__always)
    static func encoded(_ x: SIMD8<Float>) -> SIMD8<UInt16> {
        let bits = unsafeBitCast(x, to: SIMD8<UInt32>.self)
        // Half a unit in the last place, less one where the kept part is even: a tie then goes to the even neighbour.
        let nearest = (bits &+ (0x7FFF &+ ((bits &>> 16) & 1))) &>> 16
        // The carry would make an infinity or a zero of some NaNs: they are cut, and the quiet bit keeps them NaNs.
        return SIMD8<UInt16>(truncatingIfNeeded: nearest.replacing(with: (bits &>> 16) | 0x40, where: x .!= x))
    }

    @inline(__always)
    static func decoded(_ bits: SIMD8<UInt16>) -> SIMD8<Float> {
        unsafeBitCast(SIMD8<UInt32>(truncatingIfNeeded: bits) &<< 16, to: SIMD8<Float>.self)
    }
}

private enum HalfFloat: NarrowFloat {
    @inline(__always)
    static func encoded(_ x: SIMD8<Float>) -> SIMD8<UInt16> {
        unsafeBitCast(SIMD8<Float16>(x), to: SIMD8<UInt16>.self)
    }

    @inline(__always)
    static func decoded(_ bits: SIMD8<UInt16>) -> SIMD8<Float> {
        SIMD8<Float>(unsafeBitCast(bits, to: SIMD8<Float16>.self))
    }
}

/// Calls `body` with the start of each vector of eight, and for what remains with its start and length below eight.
@inline(__always)
private func forEachEight(of count: Int, _ body: (_ start: Int, _ length: Int) -> Void) {
    var i = 0
    while i + 8 <= count {
        body(i, 8)
        i += 8
    }
    if i < count { body(i, count - i) }
}

@inline(__always)
private func load<T: SIMDScalar>(_ source: UnsafePointer<T>, _ length: Int) -> SIMD8<T> where T: Numeric {
    if length == 8 { return UnsafeRawPointer(source).loadUnaligned(as: SIMD8<T>.self) }
    var vector = SIMD8<T>(repeating: 0)
    for i in 0..<length { vector[i] = source[i] }
    return vector
}

@inline(__always)
private func store<T: SIMDScalar>(_ vector: SIMD8<T>, _ length: Int, at target: UnsafeMutablePointer<T>) {
    if length == 8 { return UnsafeMutableRawPointer(target).storeBytes(of: vector, as: SIMD8<T>.self) }
    for i in 0..<length { target[i] = vector[i] }
}

@inline(__always)
private func map(
    count: Int, _ input: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>, _ f: (SIMD8<Float>) -> SIMD8<Float>
) {
    forEachEight(of: count) { start, length in store(f(load(input + start, length)), length, at: output + start) }
}

@inline(__always)
private func combine<Format: NarrowFloat>(
    count: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to output: UnsafeMutablePointer<Float>, _ format: Format.Type
) {
    forEachEight(of: count) { start, length in
        let (left, right) = (Format.rounded(load(a + start, length)), Format.rounded(load(b + start, length)))
        store(left + right, length, at: output + start)
    }
}

@inline(__always)
private func write<Format: NarrowFloat>(
    count: Int, from input: UnsafePointer<Float>, to output: UnsafeMutableRawPointer, _ format: Format.Type
) {
    let target = output.assumingMemoryBound(to: UInt16.self)
    forEachEight(of: count) { start, length in store(Format.encoded(load(input + start, length)), length, at: target + start) }
}

@inline(__always)
private func read<Format: NarrowFloat>(
    count: Int, from input: UnsafeRawPointer, to output: UnsafeMutablePointer<Float>, _ format: Format.Type
) {
    let source = input.assumingMemoryBound(to: UInt16.self)
    forEachEight(of: count) { start, length in store(Format.decoded(load(source + start, length)), length, at: output + start) }
}
