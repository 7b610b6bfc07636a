import Kernels
import Tuning

/// The core's fp32 peak: fused multiply-adds in registers, in flops per second of CPU time. Measured, because a shared or throttled core's
/// nominal clock says little.
public enum PeakRate {
    /// The best of several bursts of about a millisecond each, in the vector width that is faster.
    /// - Parameter bursts: of each width.
    public static func measure(bursts: Int = 10) -> Double {
        var best = 0.0
        for _ in 0..<bursts {
            best = max(
                best, rate(FusedMultiplyAdd.eightLaneFlops, FusedMultiplyAdd.eightLanes),
                rate(FusedMultiplyAdd.sixteenLaneFlops, FusedMultiplyAdd.sixteenLanes))
        }
        return best
    }

    private static func rate(_ flopsPerRound: Int, _ kernel: (_ rounds: Int, _ a: Float, _ b: Float) -> Float) -> Double {
        let rounds = 80_000_000 / flopsPerRound
        var sum: Float = 0
        let seconds = Seconds.measured { sum = kernel(rounds, 1e-3, 1) }
        // The sum is looked at, so that it must be computed.
        return sum.isFinite ? Double(rounds * flopsPerRound) / seconds.cpu : 0
    }
}
