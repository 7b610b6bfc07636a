internal import CKernelTarget

/// The widest vector that the instruction set has registers for: `SIMD16<Float>` where Kernels is compiled for AVX-512, else `SIMD8<Float>`.
///
/// Kernels that are written over it take their lane count from `KernelVector.scalarCount`, a constant of the build.
typealias KernelVector = kernel_vector

extension KernelVector {
    /// `count` rounded up to whole vectors.
    static func rounded(_ count: Int) -> Int { (count + scalarCount - 1) / scalarCount * scalarCount }
}

extension SIMD where Scalar == Float {
    /// The vector at `source`, which need not be aligned.
    @inline(__always)
    init(at source: UnsafePointer<Float>) { self = UnsafeRawPointer(source).loadUnaligned(as: Self.self) }

    /// Puts the vector at `target`, which need not be aligned.
    @inline(__always)
    func store(at target: UnsafeMutablePointer<Float>) { UnsafeMutableRawPointer(target).storeBytes(of: self, as: Self.self) }
}

/// Asks for the cache line at `place`, which will be written soon: a tile's stores come in a burst, and would wait for their lines one after
/// another.
@inline(__always)
func prefetchForWriting(_ place: UnsafePointer<Float>) { kernel_prefetch_for_writing(place) }

/// Asks for the cache line at `place`, which will be read soon. Any address will do: what cannot be reached is passed over.
@inline(__always)
func prefetchForReading(_ place: UnsafePointer<Float>) { kernel_prefetch_for_reading(place) }

/// Calls `body` for the channels in whole registers, and `rest` for the last eight where they fill half of one.
///
/// - Parameter channels: a multiple of 8.
@inline(__always)
func forEachVector(channels: Int, _ body: (_ channel: Int) -> Void, rest: (_ channel: Int) -> Void) {
    let whole = channels / KernelVector.scalarCount * KernelVector.scalarCount
    for channel in stride(from: 0, to: whole, by: KernelVector.scalarCount) { body(channel) }
    if whole < channels { rest(whole) }
}
