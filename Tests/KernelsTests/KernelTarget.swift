import CKernelTarget

/// What this very build of `Kernels` is for.
enum KernelTarget {
    /// Whether its vectors are AVX-512's.
    static let hasWideVectors = String(cString: kernel_target()).split(separator: " ").contains("avx512f")
}
