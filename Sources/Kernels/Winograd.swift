/// Convolution by Winograd's minimal filtering: F(m×m, r×r) takes (m + r − 1)² products for m×m outputs of a filter of r×r taps.
///
/// In one dimension, for inputs d, taps g and outputs y, and by nesting in two:
///
///     y = Aᵀ [(G g) ⊙ (Bᵀ d)]        Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A
///
/// The gradient to the taps is the same bilinear form seen from g, F(r×r, m×m): dg = Gᵀ [(Bᵀ d B) ⊙ (A dy Aᵀ)] G.
///
/// Row i of Bᵀ holds the coefficients of Π_{j≠i} (x − p_j) for the points of interpolation p, row i of G is
/// (1, p_i, p_i², …) / Π_{j≠i} (p_i − p_j), row k of Aᵀ is p_i^k; for the point ∞ they are Π_j (x − p_j) and the last unit vectors. Points
/// are 0, pairs of a number and its negative, whose rows share their even and odd halves, and ∞.
///
/// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; for the choice of points Barabasz, Anderson,
/// Soodhalter and Gregg, "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", ACM TOMS 2020.
public enum Winograd {
    /// In tables and on the command line, whatever the filter's size.
    public static let name = "winograd"

    /// F(4×4, 3×3) or F(4×4, 5×5) of a shape. Nil where it is neither 3×3 nor 5×5 of stride 1 without dilation and groups, a padding is as
    /// large as the kernel, or channels are no multiple of 8.
    public static func convolution(_ shape: ConvolutionShape) -> (any ConvolutionAlgorithm)? {
        Winograd43Convolution(shape) ?? Winograd45Convolution(shape)
    }

    /// M x Mᵀ for an m×n matrix M and an x of n×n vectors, each lane for itself: M along the columns, then along the rows. Between them the
    /// values lie in `middle`, m·n vectors.
    @inline(__always)
    static func transform<Matrix: WinogradMatrix, Lanes: SIMD<Float>>(
        by matrix: Matrix.Type, middle: UnsafeMutablePointer<Float>, load: (_ row: Int, _ column: Int) -> Lanes,
        store: (_ row: Int, _ column: Int, Lanes) -> Void
    ) {
        for column in 0..<Matrix.columns {
            Matrix.multiply {
                load($0, column)
            } store: {
                $1.store(at: middle + ($0 * Matrix.columns + column) * Lanes.scalarCount)
            }
        }
        for row in 0..<Matrix.rows {
            Matrix.multiply {
                Lanes(at: middle + (row * Matrix.columns + $0) * Lanes.scalarCount)
            } store: {
                store(row, $0, $1)
            }
        }
    }

    /// The rows of a point and of its negative: even ± odd·factor.
    @inline(__always)
    static func storePair<Lanes: SIMD<Float>>(
        _ row: Int, even: Lanes, odd: Lanes, times factor: Float, store: (Int, Lanes) -> Void
    ) {
        store(row, even.adding(odd, times: factor))
        store(row + 1, even.adding(odd, times: -factor))
    }
}

/// What is particular to F(m×m, r×r): its sizes and its matrices.
protocol WinogradForm {
    /// Outputs of a tile in each dimension: m.
    static var outputs: Int { get }
    /// Taps of a filter in each dimension: r.
    static var taps: Int { get }

    /// Bᵀ, of n×n for n = m + r − 1.
    associatedtype Input: WinogradMatrix
    /// G, of n×r.
    associatedtype Filter: WinogradMatrix
    /// Aᵀ, of m×n.
    associatedtype Output: WinogradMatrix
    /// A, of n×m.
    associatedtype OutputGradient: WinogradMatrix
    /// Gᵀ, of r×n.
    associatedtype FilterGradient: WinogradMatrix
}

extension WinogradForm {
    /// Inputs of a tile in each dimension: n.
    static var inputs: Int { outputs + taps - 1 }
    /// Products of a tile, for each pair of channels.
    static var products: Int { inputs * inputs }
}

/// One of the five matrices. Values are loaded and stored by closures, which are inlined, so that they stay in registers.
protocol WinogradMatrix {
    static var rows: Int { get }
    static var columns: Int { get }
    /// Stores the `rows` values of M x for the `columns` values x that it loads, each once.
    static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void)
}

extension SIMD where Scalar == Float {
    /// self + x·factor, in two operations: fused ones are no faster here, and LLVM tears their vectors into halves.
    @inline(__always)
    func adding(_ x: Self, times factor: Float) -> Self { self + x * factor }
}
