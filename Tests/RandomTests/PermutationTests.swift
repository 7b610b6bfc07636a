import Testing

@testable import Random

@Suite struct PermutationTests {
    /// The domain of the Feistel network is a power of four: counts stand around those, and between them.
    static let counts = [
        1, 2, 3, 4, 5, 7, 11, 15, 16, 17, 63, 64, 65, 97, 255, 256, 257, 1_009, 1_023, 1_024, 1_025, 4_095, 4_096, 4_097,
    ]

    @Test(arguments: counts) func isABijection(count: Int) {
        for seed in [UInt64(0), 1, .max] {
            for epoch in [0, 1, 89] {
                let order = entries(count: count, seed: seed, epoch: epoch)
                #expect(order.sorted() == Array(0..<count), "seed \(seed), epoch \(epoch)")
            }
        }
    }

    @Test func isABijectionOfWholeTrainingSets() {
        for count in [50_000, 60_000, 65_536, 65_537] {
            var seen = [Bool](repeating: false, count: count)
            let permutation = Permutation(count: count, seed: 5, epoch: 2)
            for position in 0..<count { seen[permutation[position]] = true }
            #expect(seen.allSatisfy { $0 })
        }
    }

    @Test func holdsTheLargestCount() {
        let permutation = Permutation(count: 1 << 32, seed: 3, epoch: 0)
        let some = [0, 1, 1 << 31, (1 << 32) - 1].map { permutation[$0] }
        #expect(Set(some).count == 4 && some.allSatisfy { (0..<1 << 32).contains($0) })
    }

    /// An order that changes makes every recorded run unrepeatable.
    @Test func firstEntriesAreTheRecordedOnes() {
        #expect(
            Array(entries(count: 60_000, seed: 1, epoch: 0).prefix(8)) == [42586, 19487, 57276, 56484, 10168, 32764, 45898, 5041])
        #expect(
            Array(entries(count: 60_000, seed: 1, epoch: 1).prefix(8)) == [35093, 34751, 30012, 24742, 16581, 31645, 48402, 22546])
        #expect(entries(count: 10, seed: 42, epoch: 0) == [5, 9, 0, 6, 4, 7, 1, 8, 3, 2])
    }

    /// Two random orders of n agree at one place on average, with variance 1.
    @Test func ordersOfEpochsAndSeedsHaveNothingToDoWithEachOther() {
        let count = 10_000
        let base = entries(count: count, seed: 9, epoch: 4)
        for (seed, epoch) in [(9, 5), (9, 0), (10, 4), (1 << 32 | 9, 4)] as [(UInt64, Int)] {
            let other = entries(count: count, seed: seed, epoch: epoch)
            let agreeing = zip(base, other).filter { $0 == $1 }.count
            #expect(agreeing <= 8, "\(agreeing) of \(count) places are the same for seed \(seed), epoch \(epoch)")
        }
    }

    /// Spearman's footrule Σ |π(i) − i| has the mean (n² − 1)/3 and the variance (n + 1)(2n² + 7)/45 (Diaconis and Graham, 1977): a
    /// shuffle that leaves samples near their place is found out.
    @Test func meanDisplacementIsThatOfARandomOrder() {
        for count in [1_000, 60_000] {
            let order = entries(count: count, seed: 17, epoch: 1)
            let footrule = order.enumerated().reduce(0.0) { $0 + Double(abs($1.element - $1.offset)) }
            let n = Double(count)
            let deviation = ((n + 1) * (2 * n * n + 7) / 45).squareRoot()
            #expect(abs(footrule - (n * n - 1) / 3) < 6 * deviation, "\(count) entries: \(footrule)")
        }
    }

    /// Over many seeds every element stands equally often at every place: χ² of (n − 1)² degrees of freedom.
    @Test(arguments: [5, 16, 23]) func everyElementComesToEveryPlace(count: Int) {
        let seeds = 4_000
        var bins = [Int](repeating: 0, count: count * count)
        for seed in 0..<seeds {
            for (position, element) in entries(count: count, seed: UInt64(seed), epoch: 0).enumerated() {
                bins[position * count + element] += 1
            }
        }
        let freedom = Double((count - 1) * (count - 1))
        let measured = chiSquare(bins, expected: Double(seeds) / Double(count))
        #expect(measured < freedom + 6 * (2 * freedom).squareRoot(), "χ² \(measured) of \(freedom) degrees of freedom")
    }

    /// What follows what is random too: the pairs (π(i) mod 8, π(i + 1) mod 8) fill their 64 bins evenly, and so do those of upper bits.
    @Test func neighboursAreIndependent() {
        let count = 1 << 16
        let order = entries(count: count, seed: 23, epoch: 3)
        for shift in [0, 13] {
            var bins = [Int](repeating: 0, count: 64)
            for (a, b) in zip(order, order.dropFirst()) { bins[(a >> shift & 7) * 8 + (b >> shift & 7)] += 1 }
            let measured = chiSquare(bins, expected: Double(count - 1) / 64)
            #expect(measured < 63 + 6 * 126.0.squareRoot(), "χ² \(measured), bits from \(shift)")
        }
    }

    private func entries(count: Int, seed: UInt64, epoch: Int) -> [Int] {
        let permutation = Permutation(count: count, seed: seed, epoch: epoch)
        return (0..<count).map { permutation[$0] }
    }
}
