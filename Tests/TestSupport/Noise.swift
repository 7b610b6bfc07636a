/// Normal numbers of a seed.
public struct Noise {
    private var state: UInt64

    public init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    /// Sum of twelve even numbers, less six: near enough to normal.
    public mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + even() } }

    private mutating func even() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
    }
}
