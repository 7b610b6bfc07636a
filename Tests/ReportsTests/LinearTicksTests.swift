import Foundation
import Testing

@testable import Reports

/// Ticks of linear axes, over ranges of any size, sign and place.
@Suite struct LinearTicksTests {
    @Test func knownRanges() {
        func labels(_ range: ClosedRange<Double>, _ count: Int, whole: Bool = false) -> [String] {
            NiceStep(span: range.upperBound - range.lowerBound, count: count, whole: whole).ticks(in: range).map(\.label)
        }
        #expect(labels(0...1, 5) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(labels(0...0.3, 3) == ["0.0", "0.1", "0.2", "0.3"])
        #expect(labels(-50...50, 5) == ["−40", "−20", "0", "20", "40"])
        #expect(labels(0...31_250, 4) == ["0", "10,000", "20,000", "30,000"])
        #expect(labels(1...3, 8, whole: true) == ["1", "2", "3"])
        #expect(labels(0...4e7, 4) == ["0", "10⁷", "2×10⁷", "3×10⁷", "4×10⁷"])
        #expect(labels(0...4e-9, 4) == ["0", "10⁻⁹", "2×10⁻⁹", "3×10⁻⁹", "4×10⁻⁹"])
    }

    /// Steps of 1, 2 or 5; not more than asked for; evenly within the range; each value as its label says.
    @Test func sweep() {
        var numbers = SeededNumbers(seed: 1)
        var checked = 0
        for _ in 0..<4000 {
            let lower = numbers.magnitude(-200...200)
            // Spans from a hundred-millionth of the values to many times them.
            let span = abs(lower) * abs(numbers.magnitude(-8...12))
            let range = lower...(lower + span)
            let count = Int.random(in: 1...12, using: &numbers)
            let step = NiceStep(span: range.upperBound - range.lowerBound, count: count)
            let ticks = step.ticks(in: range)
            let name: Comment = "\(range) in \(count): \(step), \(ticks.map(\.value))"
            #expect([1, 2, 5].contains(step.mantissa), name)
            #expect(ticks.count <= count + 1, name)
            // Never much coarser than asked for either: the next finer step would have been too fine.
            #expect(step.size <= 2.5 * span / Double(count) * (1 + 1e-6), name)
            let tolerance = step.size * 2e-6
            for (tick, next) in zip(ticks, ticks.dropFirst()) {
                #expect(abs(next.value - tick.value - step.size) <= step.size * 1e-6 + abs(tick.value).ulp * 4, name)
                #expect(tick.label != next.label, name)
            }
            #expect(ticks.allSatisfy { $0.value >= range.lowerBound - tolerance && $0.value <= range.upperBound + tolerance }, name)
            checked += ticks.count
        }
        #expect(checked > 8000)
    }

    /// What a label says is the tick's value, as far as its digits go.
    @Test func labelsSayTheValue() throws {
        var numbers = SeededNumbers(seed: 2)
        for _ in 0..<1000 {
            let lower = numbers.magnitude(-4...6)
            let range = lower...(lower + abs(lower) * abs(numbers.magnitude(-2...2)))
            let step = NiceStep(span: range.upperBound - range.lowerBound, count: 6)
            for tick in step.ticks(in: range) {
                let plain = tick.label.replacing(",", with: "").replacing("−", with: "-")
                guard !plain.contains("10") || !plain.contains(where: { "⁰¹²³⁴⁵⁶⁷⁸⁹".contains($0) }) else { continue }
                let value = try #require(Double(plain), "\(tick)")
                #expect(abs(value - tick.value) <= step.size * 1e-6, "\(tick)")
            }
        }
    }
}
