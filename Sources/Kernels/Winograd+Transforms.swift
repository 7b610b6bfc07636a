/// Winograd's F(4, 3) in one dimension and, by nesting, F(4×4, 3×3): four outputs of a filter of three taps by six products.
///
///     y = Aᵀ [(G g) ⊙ (Bᵀ d)]        Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A
///
/// for six inputs d, three taps g and four outputs y. The gradient to the taps is the same bilinear form seen from g, F(3×3, 4×4):
/// dg = Gᵀ [(Bᵀ d B) ⊙ (A dy Aᵀ)] G.
///
/// The six points of interpolation are 0, ±a, ±b and ∞ with a = 11/16 and b = 11/8. The common 1 and 2 cost as much, and have twice the
/// rounding error in root mean square and four times that of the worst element; with these too every entry of A and B is an exact Float.
/// Row i of Bᵀ holds the coefficients of Π_{j≠i} (x − p_j), row i of G is (1, p_i, p_i²) / Π_{j≠i} (p_i − p_j), row k of Aᵀ is p_i^k; for
/// ∞ they are Π_j (x − p_j) and the last unit vectors.
///
/// Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; for the choice of points Barabasz, Anderson,
/// Soodhalter and Gregg, "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", ACM TOMS 2020.
enum Winograd {
    /// Outputs of a tile in each dimension, inputs of a tile in each dimension, and products of a tile.
    static let outputs = 4, inputs = 6, products = 36

    fileprivate static let a: Float = 0.6875, b: Float = 1.375
    fileprivate static let a2 = a * a, b2 = b * b, a3 = a * a * a, b3 = b * b * b
    fileprivate static let a2b2 = a * a * b * b, a2PlusB2 = a * a + b * b
    /// 1 / Π (p_i − p_j) for the points 0, ±a and ±b.
    fileprivate static let zeroScale = 1 / (a * a * b * b), aScale = 1 / (2 * a * a * (a * a - b * b)),
        bScale = 1 / (2 * b * b * (b * b - a * a))

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
}

/// One of the five matrices. Values are loaded and stored by closures, which are inlined, so that they stay in registers.
protocol WinogradMatrix {
    static var rows: Int { get }
    static var columns: Int { get }
    /// Stores the `rows` values of M x for the `columns` values x that it loads, each once.
    static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void)
}

extension Winograd {
    /// Bᵀ.
    enum Input: WinogradMatrix {
        static var rows: Int { 6 }
        static var columns: Int { 6 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (d0, d1, d2, d3, d4, d5) = (load(0), load(1), load(2), load(3), load(4), load(5))
            store(0, d4.adding(d2, times: -a2PlusB2).adding(d0, times: a2b2))
            storePair(1, even: d4.adding(d2, times: -b2), odd: d3.adding(d1, times: -b2), times: a, store: store)
            storePair(3, even: d4.adding(d2, times: -a2), odd: d3.adding(d1, times: -a2), times: b, store: store)
            store(5, d5.adding(d3, times: -a2PlusB2).adding(d1, times: a2b2))
        }
    }

    /// G.
    enum Filter: WinogradMatrix {
        static var rows: Int { 6 }
        static var columns: Int { 3 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (g0, g1, g2) = (load(0), load(1), load(2))
            store(0, g0 * zeroScale)
            storePair(1, even: (g0 * aScale).adding(g2, times: a2 * aScale), odd: g1, times: a * aScale, store: store)
            storePair(3, even: (g0 * bScale).adding(g2, times: b2 * bScale), odd: g1, times: b * bScale, store: store)
            store(5, g2)
        }
    }

    /// Aᵀ.
    enum Output: WinogradMatrix {
        static var rows: Int { 4 }
        static var columns: Int { 6 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (m1, m2, m3, m4) = (load(1), load(2), load(3), load(4))
            let (sumA, differenceA, sumB, differenceB) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4)
            store(0, load(0) + sumA + sumB)
            store(1, (differenceA * a).adding(differenceB, times: b))
            store(2, (sumA * a2).adding(sumB, times: b2))
            store(3, load(5).adding(differenceA, times: a3).adding(differenceB, times: b3))
        }
    }

    /// A, the transpose of `Output`.
    enum OutputGradient: WinogradMatrix {
        static var rows: Int { 6 }
        static var columns: Int { 4 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (y0, y1, y2, y3) = (load(0), load(1), load(2), load(3))
            store(0, y0)
            storePair(1, even: y0.adding(y2, times: a2), odd: y1.adding(y3, times: a2), times: a, store: store)
            storePair(3, even: y0.adding(y2, times: b2), odd: y1.adding(y3, times: b2), times: b, store: store)
            store(5, y3)
        }
    }

    /// Gᵀ, the transpose of `Filter`.
    enum FilterGradient: WinogradMatrix {
        static var rows: Int { 3 }
        static var columns: Int { 6 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (m1, m2, m3, m4) = (load(1), load(2), load(3), load(4))
            let (sumA, differenceA, sumB, differenceB) = (m1 + m2, m1 - m2, m3 + m4, m3 - m4)
            store(0, (load(0) * zeroScale).adding(sumA, times: aScale).adding(sumB, times: bScale))
            store(1, (differenceA * (a * aScale)).adding(differenceB, times: b * bScale))
            store(2, load(5).adding(sumA, times: a2 * aScale).adding(sumB, times: b2 * bScale))
        }
    }

    /// The rows of a point and of its negative: even ± odd·factor.
    @inline(__always)
    private static func storePair<Lanes: SIMD<Float>>(
        _ row: Int, even: Lanes, odd: Lanes, times factor: Float, store: (Int, Lanes) -> Void
    ) {
        store(row, even.adding(odd, times: factor))
        store(row + 1, even.adding(odd, times: -factor))
    }
}

extension SIMD where Scalar == Float {
    /// self + x·factor, in two operations: fused ones are no faster here, and LLVM tears their vectors into halves.
    @inline(__always)
    fileprivate func adding(_ x: Self, times factor: Float) -> Self { self + x * factor }
}
