/// Six rows of a tile of two vectors: where each is read, and its sums. Only constants index the registers: a variable one would put them
/// into memory.
struct WideRows {
    private let rows: InlineArray<6, UnsafePointer<Float>>
    private var low: InlineArray<6, KernelVector>
    private var high: InlineArray<6, KernelVector>

    @inline(__always)
    init(_ input: UnsafePointer<Float>, _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>) {
        rows = InlineArray { input + Int(inputs[$0]) }
        low = InlineArray(repeating: KernelVector(at: start))
        high = InlineArray(repeating: KernelVector(at: start + KernelVector.scalarCount))
    }

    @inline(__always)
    mutating func add(_ t: Int, _ wLow: KernelVector, _ wHigh: KernelVector) {
        for i in 0..<6 {
            let x = KernelVector(repeating: rows[i][t])
            low[i].addProduct(x, wLow)
            high[i].addProduct(x, wHigh)
        }
    }

    /// - Parameter first: the first of these rows in its tile.
    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, _ places: UnsafePointer<Int32>?, first: Int) {
        for i in 0..<6 {
            let y = target + (places.map { Int($0[first + i]) } ?? (first + i) * 2 * KernelVector.scalarCount)
            low[i].store(at: y)
            high[i].store(at: y + KernelVector.scalarCount)
        }
    }
}

/// Six rows of a tile of one vector.
struct NarrowRows<Lanes: SIMD<Float>> {
    private let rows: InlineArray<6, UnsafePointer<Float>>
    private var sums: InlineArray<6, Lanes>

    @inline(__always)
    init(_ input: UnsafePointer<Float>, _ inputs: UnsafePointer<Int32>, _ start: UnsafePointer<Float>) {
        rows = InlineArray { input + Int(inputs[$0]) }
        sums = InlineArray(repeating: Lanes(at: start))
    }

    @inline(__always)
    mutating func add(_ t: Int, _ w: Lanes) {
        for i in 0..<6 { sums[i].addProduct(Lanes(repeating: rows[i][t]), w) }
    }

    /// - Parameter first: the first of these rows in its tile.
    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Float>, _ places: UnsafePointer<Int32>?, first: Int) {
        for i in 0..<6 { sums[i].store(at: target + (places.map { Int($0[first + i]) } ?? (first + i) * Lanes.scalarCount)) }
    }
}
