/// Work on [rows, channels] for which a channel's constants or sums stay in a register: as many channels as it has lanes, of a few hundred
/// rows at a time, so that every cache line is fetched once though it is visited for each of its blocks.
///
/// Calls `body(first, count, channel, width)` with the rows and the `width` ≤ `lanes` channels of each block; blocks of one channel come in
/// the order of their rows.
@inline(__always)
func forEachChannelBlock(
    rows: Int, channels: Int, lanes: Int, _ body: (_ first: Int, _ count: Int, _ channel: Int, _ width: Int) -> Void
) {
    let blockRows = max(1, 2_048 / channels)
    for first in stride(from: 0, to: rows, by: blockRows) {
        for channel in stride(from: 0, to: channels, by: lanes) {
            body(first, min(blockRows, rows - first), channel, min(lanes, channels - channel))
        }
    }
}

extension KernelVector {
    /// The first `width` floats at `source`; the lanes behind them are 0.
    ///
    /// Here and below only constants index lanes: a variable would put the vector into memory, and every loop that adds to it with it.
    @inline(__always)
    init(at source: UnsafePointer<Float>, width: Int) {
        if width == Self.scalarCount {
            self.init(at: source)
        } else {
            self.init()
            for lane in 0..<Self.scalarCount where lane < width { self[lane] = source[lane] }
        }
    }

    /// Puts the first `width` lanes at `target`.
    @inline(__always)
    func store(at target: UnsafeMutablePointer<Float>, width: Int) {
        if width == Self.scalarCount { return store(at: target) }
        for lane in 0..<Self.scalarCount where lane < width { target[lane] = self[lane] }
    }

    /// Adds the first `width` lanes to what stands at `target`.
    @inline(__always)
    func add(to target: UnsafeMutablePointer<Double>, width: Int) {
        for lane in 0..<Self.scalarCount where lane < width { target[lane] += Double(self[lane]) }
    }
}

/// The first `width` ≤ 8 floats at `source`; the lanes behind them are 0.
@inline(__always)
func load(_ source: UnsafePointer<Float>, width: Int) -> SIMD8<Float> {
    if width == 8 { return load8(source) }
    var lanes = SIMD8<Float>()
    for i in 0..<8 where i < width { lanes[i] = source[i] }
    return lanes
}

/// Puts the first `width` ≤ 8 lanes at `target`.
@inline(__always)
func store(_ value: SIMD8<Float>, width: Int, at target: UnsafeMutablePointer<Float>) {
    if width == 8 { return store8(value, at: target) }
    for i in 0..<8 where i < width { target[i] = value[i] }
}

/// Eight Doubles, as two registers.
struct Doubles8 {
    var low = SIMD4<Double>()
    var high = SIMD4<Double>()

    @inline(__always) init() {}

    @inline(__always)
    init(_ value: SIMD8<Float>) {
        low = SIMD4<Double>(value.lowHalf)
        high = SIMD4<Double>(value.highHalf)
    }

    @inline(__always)
    static func - (a: Doubles8, b: Doubles8) -> Doubles8 {
        var result = a
        result.low -= b.low
        result.high -= b.high
        return result
    }

    @inline(__always)
    static func += (a: inout Doubles8, b: Doubles8) {
        a.low += b.low
        a.high += b.high
    }

    @inline(__always)
    mutating func addProduct(_ a: Doubles8, _ b: Doubles8) {
        low.addProduct(a.low, b.low)
        high.addProduct(a.high, b.high)
    }

    /// Adds the first `width` lanes to what stands at `target`.
    @inline(__always)
    func add(width: Int, to target: UnsafeMutablePointer<Double>) {
        for i in 0..<4 where i < width { target[i] += low[i] }
        for i in 0..<4 where i + 4 < width { target[i + 4] += high[i] }
    }
}
