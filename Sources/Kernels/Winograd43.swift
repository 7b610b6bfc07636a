/// F(4×4, 3×3): 36 products instead of 144.
///
/// The six points of interpolation are 0, ±a, ±b and ∞ with a = 11/16 and b = 11/8. The common 1 and 2 cost as much, and have twice the
/// rounding error in root mean square (α = 94 instead of 23.6) and four times that of the worst element; with these too every entry of A
/// and B is an exact Float.
struct Winograd43Convolution: WinogradConvolution {
    let passes: WinogradPasses<Winograd43>

    /// Nil where `WinogradPasses` is.
    init?(_ shape: ConvolutionShape) {
        guard let passes = WinogradPasses<Winograd43>(shape) else { return nil }
        self.passes = passes
    }
}

enum Winograd43: WinogradForm {
    static var outputs: Int { 4 }
    static var taps: Int { 3 }

    private static let a: Float = 0.6875, b: Float = 1.375
    private static let a2 = a * a, b2 = b * b, a3 = a * a * a, b3 = b * b * b
    private static let a2b2 = a * a * b * b, a2PlusB2 = a * a + b * b
    /// 1 / Π (p_i − p_j) for the points 0, ±a and ±b.
    private static let zeroScale = 1 / (a * a * b * b), aScale = 1 / (2 * a * a * (a * a - b * b)),
        bScale = 1 / (2 * b * b * (b * b - a * a))

    /// Bᵀ.
    enum Input: WinogradMatrix {
        static var rows: Int { 6 }
        static var columns: Int { 6 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (d0, d1, d2, d3, d4, d5) = (load(0), load(1), load(2), load(3), load(4), load(5))
            store(0, d4.adding(d2, times: -a2PlusB2).adding(d0, times: a2b2))
            Winograd.storePair(1, even: d4.adding(d2, times: -b2), odd: d3.adding(d1, times: -b2), times: a, store: store)
            Winograd.storePair(3, even: d4.adding(d2, times: -a2), odd: d3.adding(d1, times: -a2), times: b, store: store)
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
            Winograd.storePair(1, even: (g0 * aScale).adding(g2, times: a2 * aScale), odd: g1, times: a * aScale, store: store)
            Winograd.storePair(3, even: (g0 * bScale).adding(g2, times: b2 * bScale), odd: g1, times: b * bScale, store: store)
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
            Winograd.storePair(1, even: y0.adding(y2, times: a2), odd: y1.adding(y3, times: a2), times: a, store: store)
            Winograd.storePair(3, even: y0.adding(y2, times: b2), odd: y1.adding(y3, times: b2), times: b, store: store)
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
}
