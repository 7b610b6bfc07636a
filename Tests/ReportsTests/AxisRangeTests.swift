import Testing

@testable import Reports

/// The place of values along an axis.
@Suite struct AxisRangeTests {
    @Test func endsFallOnTicks() {
        let range = AxisRange(Axis("loss"), values: [0.13, 2.3], margin: 0.02, steps: 5)
        #expect(range.lower == 0 && range.upper == 2.5)
        #expect(range.fraction(of: 1.25) == 0.5)
    }

    @Test func boundsAreKept() {
        let range = AxisRange(Axis("accuracy", from: 0, to: 1), values: [0.4, 7], margin: 0.02, steps: 5)
        #expect(range.lower == 0 && range.upper == 1)
        let log = AxisRange(Axis("rate", scale: .log10, from: 1e-5, to: 1), values: [0.1], margin: 0.02, steps: 5)
        #expect(log.lower == 1e-5 && log.upper == 1)
    }

    @Test func countsAreNotNegative() {
        let range = AxisRange(Axis("seconds"), values: [0.01, 100], margin: 0.1, steps: nil)
        #expect(range.lower == 0)
    }

    @Test func logarithmsAreEven() {
        let range = AxisRange(Axis("batch", scale: .log2), values: [8, 512], margin: 0, steps: nil)
        #expect(abs(range.fraction(of: 64) - 0.5) < 1e-12)
        #expect(range.fraction(of: 8) == 0 && range.fraction(of: 512) == 1)
    }

    @Test func standings() {
        for scale in Scale.allCases {
            #expect(scale.standing(of: .nan) == .diverged(upwards: true))
            #expect(scale.standing(of: .infinity) == .diverged(upwards: true))
            #expect(scale.standing(of: -.infinity) == .diverged(upwards: false))
            #expect(scale.standing(of: 1) == .shown)
            #expect(scale.standing(of: 0) == (scale == .linear ? .shown : .withoutLogarithm))
            #expect(scale.standing(of: -3) == (scale == .linear ? .shown : .withoutLogarithm))
        }
    }

    /// Whatever the data: an axis has a length, holds them all, and names at least one value; one point and none included.
    @Test(arguments: Scale.allCases) func sweep(scale: Scale) {
        var numbers = SeededNumbers(seed: 4)
        for round in 0..<3000 {
            let count = round % 4
            let near = numbers.magnitude(-280...280)
            let values = (0..<count).map { _ -> Double in
                let value: Double
                switch round % 5 {
                case 0: value = near
                case 1: value = near * Double.random(in: 0.999_999_999_9...1.000_000_000_1, using: &numbers)
                case 2: value = 0
                default: value = numbers.magnitude(-299...299)
                }
                return scale == .linear ? value : abs(value)
            }
            let steps = round % 2 == 0 ? 5 : nil
            let range = AxisRange(Axis("x", scale: scale), values: values, margin: 0.02, steps: steps)
            let name: Comment = "\(scale) of \(values), \(steps ?? 0) steps: \(range.lower)...\(range.upper)"
            #expect(range.lower.isFinite && range.upper.isFinite && range.lower < range.upper, name)
            for value in values where scale.standing(of: value) == .shown {
                let fraction = range.fraction(of: value)
                #expect(fraction >= -1e-9 && fraction <= 1 + 1e-9, name)
            }
            #expect(!range.ticks(count: 6).major.isEmpty, name)
        }
    }
}
