/// F(4×4, 5×5): 64 products instead of 400.
///
/// The eight points of interpolation are 0, ±1/2, ±1, ±2 and ∞, which of all multiples of 1/16 have the least rounding error in root mean
/// square; every entry of A and B is an exact Float. The squares of 1/2, 1 and 2 have the product 1 and a sum, 21/4, that is also the sum
/// of their products in pairs: the rows of 0 and ∞ in Bᵀ have ±1 and ±21/4 alone.
struct Winograd45Convolution: WinogradConvolution {
    let passes: WinogradPasses<Winograd45>

    /// Nil where `WinogradPasses` is.
    init?(_ shape: ConvolutionShape) {
        guard let passes = WinogradPasses<Winograd45>(shape) else { return nil }
        self.passes = passes
    }
}

enum Winograd45: WinogradForm {
    static var outputs: Int { 4 }
    static var taps: Int { 5 }

    /// 1 / Π (p_i − p_j) for the points ±1/2, ±1 and ±2; for 0 it is −1.
    private static let halfScale: Float = 32 / 45, oneScale: Float = -2 / 9, twoScale: Float = 1 / 90

    /// Bᵀ.
    enum Input: WinogradMatrix {
        static var rows: Int { 8 }
        static var columns: Int { 8 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (d0, d1, d2, d3) = (load(0), load(1), load(2), load(3))
            let (d4, d5, d6, d7) = (load(4), load(5), load(6), load(7))
            store(0, (d6 - d0).adding(d2 - d4, times: 5.25))
            Winograd.storePair(
                1, even: d6.adding(d4, times: -5).adding(d2, times: 4), odd: d5.adding(d3, times: -5).adding(d1, times: 4),
                times: 0.5, store: store)
            Winograd.storePair(
                3, even: (d6 + d2).adding(d4, times: -4.25), odd: (d5 + d1).adding(d3, times: -4.25), times: 1, store: store)
            Winograd.storePair(
                5, even: d6.adding(d4, times: -1.25).adding(d2, times: 0.25),
                odd: d5.adding(d3, times: -1.25).adding(d1, times: 0.25), times: 2, store: store)
            store(7, (d7 - d1).adding(d3 - d5, times: 5.25))
        }
    }

    /// G.
    enum Filter: WinogradMatrix {
        static var rows: Int { 8 }
        static var columns: Int { 5 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (g0, g1, g2, g3, g4) = (load(0), load(1), load(2), load(3), load(4))
            store(0, -g0)
            Winograd.storePair(
                1, even: g0.adding(g2, times: 0.25).adding(g4, times: 0.0625) * halfScale, odd: g1.adding(g3, times: 0.25),
                times: 0.5 * halfScale, store: store)
            Winograd.storePair(3, even: (g0 + g2 + g4) * oneScale, odd: g1 + g3, times: oneScale, store: store)
            Winograd.storePair(
                5, even: g0.adding(g2, times: 4).adding(g4, times: 16) * twoScale, odd: g1.adding(g3, times: 4),
                times: 2 * twoScale, store: store)
            store(7, g4)
        }
    }

    /// Aᵀ.
    enum Output: WinogradMatrix {
        static var rows: Int { 4 }
        static var columns: Int { 8 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (m1, m2, m3, m4, m5, m6) = (load(1), load(2), load(3), load(4), load(5), load(6))
            let (halfSum, oneSum, twoSum) = (m1 + m2, m3 + m4, m5 + m6)
            let (halfDifference, oneDifference, twoDifference) = (m1 - m2, m3 - m4, m5 - m6)
            store(0, load(0) + halfSum + oneSum + twoSum)
            store(1, oneDifference.adding(halfDifference, times: 0.5).adding(twoDifference, times: 2))
            store(2, oneSum.adding(halfSum, times: 0.25).adding(twoSum, times: 4))
            store(3, (load(7) + oneDifference).adding(halfDifference, times: 0.125).adding(twoDifference, times: 8))
        }
    }

    /// A, the transpose of `Output`.
    enum OutputGradient: WinogradMatrix {
        static var rows: Int { 8 }
        static var columns: Int { 4 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (y0, y1, y2, y3) = (load(0), load(1), load(2), load(3))
            store(0, y0)
            Winograd.storePair(1, even: y0.adding(y2, times: 0.25), odd: y1.adding(y3, times: 0.25), times: 0.5, store: store)
            Winograd.storePair(3, even: y0 + y2, odd: y1 + y3, times: 1, store: store)
            Winograd.storePair(5, even: y0.adding(y2, times: 4), odd: y1.adding(y3, times: 4), times: 2, store: store)
            store(7, y3)
        }
    }

    /// Gᵀ, the transpose of `Filter`.
    enum FilterGradient: WinogradMatrix {
        static var rows: Int { 5 }
        static var columns: Int { 8 }

        @inline(__always)
        static func multiply<Lanes: SIMD<Float>>(_ load: (Int) -> Lanes, store: (Int, Lanes) -> Void) {
            let (m1, m2, m3, m4, m5, m6) = (load(1), load(2), load(3), load(4), load(5), load(6))
            let (halfSum, oneSum, twoSum) = ((m1 + m2) * halfScale, (m3 + m4) * oneScale, (m5 + m6) * twoScale)
            let halfDifference = (m1 - m2) * halfScale, oneDifference = (m3 - m4) * oneScale, twoDifference = (m5 - m6) * twoScale
            store(0, halfSum - load(0) + oneSum + twoSum)
            store(1, oneDifference.adding(halfDifference, times: 0.5).adding(twoDifference, times: 2))
            store(2, oneSum.adding(halfSum, times: 0.25).adding(twoSum, times: 4))
            store(3, oneDifference.adding(halfDifference, times: 0.125).adding(twoDifference, times: 8))
            store(4, (load(7) + oneSum).adding(halfSum, times: 0.0625).adding(twoSum, times: 16))
        }
    }
}
