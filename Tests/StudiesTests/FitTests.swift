import Foundation
import TestSupport
import Testing

@testable import Studies

@Suite struct FitTests {
    /// The first points in base 2 and 3 by hand.
    @Test func haltonsFirstPoints() {
        let halves: [Double] = [1 / 2, 1 / 4, 3 / 4, 1 / 8, 5 / 8]
        let thirds: [Double] = [1 / 3, 2 / 3, 1 / 9, 4 / 9, 7 / 9]
        for index in 1...5 {
            let point = Halton.point(index, dimensions: 2)
            #expect(abs(point[0] - halves[index - 1]) < 1e-15 && abs(point[1] - thirds[index - 1]) < 1e-15, "\(point)")
        }
    }

    /// Any 2ᵏ points in turn have one in each of 2ᵏ equal parts of the first coordinate, wherever they begin.
    @Test(arguments: [1, 1001, 7777]) func haltonFillsEvenly(first: Int) {
        let parts = (0..<64).map { Int(Halton.point(first + $0, dimensions: 1)[0] * 64) }
        #expect(Set(parts).count == 64)
    }

    @Test(arguments: [(120.0, 40.0), (1000, 3000), (35, 0.7)]) func theFitFindsWhatWasPlanted(
        leastSteps: Double, criticalBatch: Double
    ) throws {
        let batches = [1, 4, 16, 64, 256, 1024, 4096.0]
        let fit = try #require(StepsFit(batches.map { ($0, leastSteps * (1 + criticalBatch / $0)) }))
        #expect(abs(fit.leastSteps / leastSteps - 1) < 1e-6 && abs(fit.criticalBatch / criticalBatch - 1) < 1e-6, "\(fit)")
        #expect(abs(fit.determination - 1) < 1e-9)
    }

    @Test func theFitStandsNoise() throws {
        var noise = Noise(seed: 3)
        let points = [2, 8, 32, 128, 512, 2048.0].map { (batch: Double) -> (batch: Double, steps: Double) in
            (batch, 200 * (1 + 100 / batch) * exp(0.1 * noise.normal()))
        }
        let fit = try #require(StepsFit(points))
        #expect((0.7...1.4).contains(fit.leastSteps / 200) && (0.6...1.6).contains(fit.criticalBatch / 100), "\(fit)")
        #expect((0.9..<1).contains(fit.determination))
    }

    /// Where every doubling of the batch halves the steps, the fit has no least steps; words for it are found all the same.
    @Test func theFitWithoutAnEnd() throws {
        let fit = try #require(StepsFit([16, 64, 256, 1024].map { ($0, 65_536 / $0) }))
        #expect(fit.determination > 0.999 && fit.criticalBatch > 1_024, "\(fit)")
        for value in [fit.leastSteps, fit.criticalBatch, 1e300, 1e15, 999_999_999_999_999] { #expect(!significant(value).isEmpty) }
    }

    @Test func twoPointsAreNoFit() { #expect(StepsFit([(1, 10), (2, 5)]) == nil) }
}
