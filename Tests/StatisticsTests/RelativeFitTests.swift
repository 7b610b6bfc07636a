import Statistics
import TestSupport
import Testing

@Suite struct RelativeFitTests {
    /// Three costs that differ by ten powers of ten come back, whatever the magnitudes of the times.
    @Test func findsPlantedCosts() throws {
        let costs = [3e-5, 2e-6, 8e-10]
        var times: [(amounts: [Double], seconds: Double)] = []
        for nodes in [2.0, 4, 8] {
            for size in 0..<9 {
                let bytes = Double(4 << (2 * size)) * (nodes - 1) / nodes
                let seconds: Double = costs[0] + (nodes - 1) * costs[1] + bytes * costs[2]
                times.append(([1, nodes - 1, bytes], seconds))
            }
        }
        let fit = try #require(RelativeFit(times))
        for (found, planted) in zip(fit.costs, costs) { #expect(abs(found / planted - 1) < 1e-6, "\(fit)") }
        #expect(fit.error < 1e-9)
    }

    /// Costs below 0 that a mere least-squares line would find become 0: times that fall with the amount.
    @Test func noCostIsBelowZero() throws {
        let fit = try #require(RelativeFit([1.0, 2, 3, 4].map { (amounts: [1, $0], seconds: 5 - $0) }))
        #expect(fit.costs[1] == 0 && fit.costs[0] > 1)
        // Of one amount alone the least squares are by hand: Σ 1/t ÷ Σ 1/t², with t = 4, 3, 2, 1.
        let first: Double = 0.25 + 1.0 / 3 + 0.5 + 1
        let second: Double = 0.0625 + 1.0 / 9 + 0.25 + 1
        #expect(abs(fit.costs[0] - first / second) < 1e-12)
    }

    /// Five percent of noise on a hundred times move the costs by little.
    @Test(arguments: 1...5) func standsNoise(seed: UInt64) throws {
        var noise = Noise(seed: seed)
        let times = (0..<100).map { index -> (amounts: [Double], seconds: Double) in
            let bytes = Double(1 << (index % 20))
            let seconds: Double = 1e-4 + bytes * 1e-8
            return ([1, bytes], seconds * (1 + 0.05 * noise.normal()))
        }
        let fit = try #require(RelativeFit(times))
        #expect(abs(fit.costs[0] / 1e-4 - 1) < 0.05 && abs(fit.costs[1] / 1e-8 - 1) < 0.05, "\(fit)")
        #expect((0.03...0.07).contains(fit.error))
    }

    @Test func whatCannotBeToldApartIsNoFit() {
        // Amounts in proportion, but for what rounding makes of them.
        var noise = Noise(seed: 8)
        for _ in 0..<50 {
            let times = (0..<7).map { _ in (amount: 7 + noise.normal(), seconds: 7 + noise.normal()) }
            #expect(RelativeFit(times.map { ([$0.amount, $0.amount / 3], $0.seconds) }) == nil)
        }
        #expect(RelativeFit([([1, 2], 1)]) == nil && RelativeFit([]) == nil)
        #expect(RelativeFit([([1], 0), ([1], 1)]) == nil)
    }
}
