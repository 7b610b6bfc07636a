internal import CVector

/// A register full of floats: sixteen where `Kernels` is compiled for AVX-512, eight else.
///
/// The width follows the compiler's own instruction set (`CVector` asks for it), so it is known at compile time and costs nothing: kernels are
/// written once over `Vector.scalarCount` lanes. Where 16 lanes are, there are 32 registers as well, else 16.
typealias Vector = vector_of_floats

extension Vector {
    /// `count` rounded up to whole registers.
    static func rounded(_ count: Int) -> Int { (count + scalarCount - 1) / scalarCount * scalarCount }
}

extension SIMD where Scalar == Float {
    /// What stands at `source`, wherever that is.
    @inline(__always)
    init(at source: UnsafePointer<Float>) { self = UnsafeRawPointer(source).loadUnaligned(as: Self.self) }

    @inline(__always)
    func store(at target: UnsafeMutablePointer<Float>) { UnsafeMutableRawPointer(target).storeBytes(of: self, as: Self.self) }
}

/// Asks for the cache line at `source`, which will soon be read. Any address will do: what cannot be reached is passed over.
@inline(__always)
func prefetchForReading(_ source: UnsafePointer<Float>) { prefetch_for_reading(source) }

/// Asks for the cache line at `target`, which will soon be written. Any address will do.
@inline(__always)
func prefetchForWriting(_ target: UnsafeMutablePointer<Float>) { prefetch_for_writing(target) }

/// Calls `body` for the channels in whole registers, and `rest` for the last eight where they fill half of one.
///
/// - Parameter channels: a multiple of 8.
@inline(__always)
func forEachVector(channels: Int, _ body: (_ channel: Int) -> Void, rest: (_ channel: Int) -> Void) {
    let whole = channels / Vector.scalarCount * Vector.scalarCount
    for channel in stride(from: 0, to: whole, by: Vector.scalarCount) { body(channel) }
    if whole < channels { rest(whole) }
}
