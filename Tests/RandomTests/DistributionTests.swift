import Foundation
import Testing

@testable import Random

/// Bounds are six standard errors: a right generator leaves one once in 500 million seeds, and the seeds are fixed.
@Suite struct DistributionTests {
    private static let blocks = 50_000

    @Test func unitFloatsAreMultiplesInTheHalfOpenInterval() {
        let extremes = SIMD4<UInt32>(0, 0xFF, 0x100, .max).unitFloats
        #expect(extremes == SIMD4(0, 0, 0x1p-24, 1 - 0x1p-24))
    }

    @Test func unitFloatsAreUniform() {
        var bins = [Int](repeating: 0, count: 64)
        var sum = 0.0
        forEachValue(\.unitFloats) { value in
            if value >= 0 && value < 1 { bins[Int(value * 64)] += 1 }
            sum += Double(value)
        }
        let count = 4 * Self.blocks
        #expect(bins.reduce(0, +) == count, "every value lies in [0, 1)")
        #expect(abs(sum / Double(count) - 0.5) < 6 * (1 / 12.0 / Double(count)).squareRoot())
        // χ² of 63 degrees of freedom: mean 63, variance 126.
        #expect(chiSquare(bins, expected: Double(count) / 64) < 63 + 6 * 126.0.squareRoot())
    }

    @Test func normalsHaveTheMomentsAndTailsOfTheNormalDistribution() {
        var sums = [Double](repeating: 0, count: 4)
        var beyond = [Int](repeating: 0, count: 4)
        var largest = 0.0
        forEachValue(\.normalFloats) { value in
            let x = Double(value)
            largest = max(largest, abs(x))
            for power in 0..<4 { sums[power] += pow(x, Double(power + 1)) }
            for limit in 1..<4 where abs(x) > Double(limit) { beyond[limit] += 1 }
        }
        let count = Double(4 * Self.blocks)
        // The variance of xᵖ is E x²ᵖ − (E xᵖ)²: 1, 2, 15 and 96 for p = 1 … 4.
        for (power, (mean, variance)) in [(0.0, 1.0), (1, 2), (0, 15), (3, 96)].enumerated() {
            let error = 6 * (variance / count).squareRoot()
            #expect(abs(sums[power] / count - mean) < error, "moment \(power + 1) is \(sums[power] / count), not \(mean)")
        }
        for limit in 1..<4 {
            let share = erfc(Double(limit) / 2.0.squareRoot())
            let error = 6 * (share * (1 - share) / count).squareRoot()
            #expect(abs(Double(beyond[limit]) / count - share) < error, "beyond \(limit) deviations: \(beyond[limit])")
        }
        // √(−2 ln 2⁻³²): the smallest u there is.
        #expect(largest.isFinite && largest <= 6.661)
    }

    @Test func normalsOfExtremeWordsAreFinite() {
        for word in [UInt32(0), 1, .max - 1, .max] {
            for other in [UInt32(0), 1, .max] {
                let normals = SIMD4(word, other, other, word).normalFloats
                for lane in 0..<4 { #expect(normals[lane].isFinite && abs(normals[lane]) <= 6.661) }
            }
        }
        // u = 1 at the largest word, so the radius is exactly 0.
        #expect(SIMD4<UInt32>(.max, 12_345, .max, 0).normalFloats == SIMD4(repeating: 0))
    }

    private func forEachValue(_ values: (SIMD4<UInt32>) -> SIMD4<Float>, _ body: (Float) -> Void) {
        let generator = CounterGenerator(seed: 2024, purpose: .initialisation)
        for block in 0..<Self.blocks {
            let four = values(generator.block(UInt32(block), 0, 0))
            for lane in 0..<4 { body(four[lane]) }
        }
    }
}

/// Σ (found − expected)² / expected.
func chiSquare(_ bins: [Int], expected: Double) -> Double {
    bins.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
}
