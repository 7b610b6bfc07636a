import COpenBLAS

/// BLAS for the whole process.
public enum BLAS {
    /// Sets how many threads OpenBLAS may use.
    public static func setThreadCount(_ count: Int) {
        openblas_set_num_threads(Int32(count))
    }

    /// The CPU whose kernels OpenBLAS has chosen for this process, by its name for it, such as `SkylakeX`: with it, the order of sums changes.
    /// And the version and options that OpenBLAS was built with.
    public static var kernels: String { "\(text(openblas_get_corename())), \(text(openblas_get_config()))" }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
}

/// A row-major matrix in memory, seen as it stands or transposed; `stride` is the distance in floats between rows as stored.
struct Matrix {
    let base: UnsafePointer<Float>
    let stride: Int
    private(set) var isTransposed = false

    init(_ base: UnsafePointer<Float>, stride: Int) {
        self.base = base
        self.stride = stride
    }

    var transposed: Matrix {
        var other = self
        other.isTransposed.toggle()
        return other
    }

    fileprivate var orientation: CBLAS_TRANSPOSE { isTransposed ? CblasTrans : CblasNoTrans }
}

/// C ← A·B, or C ← C + A·B where `accumulate`: C is `rows`×`columns` with its rows `stride` floats apart, the inner dimension is `depth`.
/// Cost: 2·rows·columns·depth flops. By BLAS (`cblas_sgemm`), but for products too narrow for it.
func multiply(
    rows: Int, columns: Int, depth: Int, _ a: Matrix, _ b: Matrix, accumulate: Bool, into c: UnsafeMutablePointer<Float>,
    stride: Int
) {
    if rows == 0 || columns == 0 { return }
    if columns <= 8 && rows >= 8 && depth > 0 && !b.isTransposed {
        multiplyNarrow(
            rows: rows, columns: columns, depth: depth, a.base, rowStride: a.isTransposed ? 1 : a.stride,
            depthStride: a.isTransposed ? a.stride : 1, b.base, bStride: b.stride, accumulate: accumulate, into: c, cStride: stride)
        return
    }
    cblas_sgemm(
        CblasRowMajor, a.orientation, b.orientation, blasint(rows), blasint(columns), blasint(depth),
        1, a.base, blasint(a.stride), b.base, blasint(b.stride), accumulate ? 1 : 0, c, blasint(stride))
}
