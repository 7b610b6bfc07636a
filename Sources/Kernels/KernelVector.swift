internal import CKernelTarget

/// The widest vector that the instruction set has registers for: `SIMD16<Float>` where Kernels is compiled for AVX-512, else `SIMD8<Float>`.
///
/// Kernels that are written over it take their lane count from `KernelVector.scalarCount`, a constant of the build.
typealias KernelVector = kernel_vector

extension KernelVector {
    /// The vector at `source`, which need not be aligned.
    @inline(__always)
    init(at source: UnsafePointer<Float>) { self = UnsafeRawPointer(source).loadUnaligned(as: KernelVector.self) }

    /// Puts the vector at `target`, which need not be aligned.
    @inline(__always)
    func store(at target: UnsafeMutablePointer<Float>) {
        UnsafeMutableRawPointer(target).storeBytes(of: self, as: KernelVector.self)
    }
}

/// Asks for the cache line at `place`, which will be written soon: a tile's stores come in a burst, and would wait for their lines one after
/// another.
@inline(__always)
func prefetchForWriting(_ place: UnsafePointer<Float>) { kernel_prefetch_for_writing(place) }
