import Testing

@testable import Reports

@Suite struct LogarithmicTicksTests {
    private func labels(_ scale: Scale, _ range: ClosedRange<Double>, _ count: Int) -> [String] {
        LogarithmicTicks.ticks(in: range, scale: scale, count: count).major.map(\.label)
    }

    @Test func powersOfTen() {
        #expect(labels(.log10, 1e-5...0.5, 6) == ["10⁻⁵", "0.0001", "0.001", "0.01", "0.1"])
        #expect(labels(.log10, 1e-12...1, 5) == ["10⁻¹²", "10⁻⁹", "10⁻⁶", "0.001", "1"])
        #expect(labels(.log10, 20...5_000_000, 6) == ["100", "1,000", "10,000", "100,000", "1,000,000"])
    }

    @Test func lessThanADecade() {
        #expect(labels(.log10, 1.5...9, 6) == ["2", "5"])
        #expect(labels(.log10, 3...4, 4) == ["3.0", "3.5", "4.0"])
    }

    @Test func powersOfTwo() {
        #expect(labels(.log2, 8...256, 6) == ["8", "16", "32", "64", "128", "256"])
        #expect(labels(.log2, 8...8192, 6) == ["16", "64", "256", "1,024", "4,096"])
        #expect(labels(.log2, 0.125...1, 4) == ["0.125", "0.25", "0.5", "1"])
    }

    @Test func minorTicksLieBetween() {
        let ticks = LogarithmicTicks.ticks(in: 1...100, scale: .log10, count: 5)
        #expect(ticks.major.map(\.value) == [1, 10, 100])
        #expect(ticks.minor == [2, 3, 4, 5, 6, 7, 8, 9, 20, 30, 40, 50, 60, 70, 80, 90])
        let thinned = LogarithmicTicks.ticks(in: 1...1e8, scale: .log10, count: 4)
        #expect(Set(thinned.minor).isDisjoint(with: thinned.major.map(\.value)) && !thinned.minor.isEmpty)
    }

    @Test(arguments: [Scale.log2, .log10]) func sweep(scale: Scale) {
        var numbers = SeededNumbers(seed: 3)
        var checked = 0
        for _ in 0..<3000 {
            let lower = abs(numbers.magnitude(-250...200))
            let upper = min(lower * abs(numbers.magnitude(0.01...60)), Scale.limit)
            let count = Int.random(in: 2...10, using: &numbers)
            let ticks = LogarithmicTicks.ticks(in: lower...upper, scale: scale, count: count)
            let name: Comment = "\(scale) \(lower)...\(upper) in \(count): \(ticks.major.map(\.value))"
            #expect(!ticks.major.isEmpty && ticks.major.count <= count + 1, name)
            let all = ticks.major.map(\.value) + ticks.minor
            #expect(all.allSatisfy { $0 >= lower * (1 - 1e-6) && $0 <= upper * (1 + 1e-6) }, name)
            #expect(zip(ticks.major, ticks.major.dropFirst()).allSatisfy { $0.value < $1.value && $0.label != $1.label }, name)
            checked += ticks.major.count
        }
        #expect(checked > 6000)
    }
}
