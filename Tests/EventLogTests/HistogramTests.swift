import Testing

@testable import EventLog

@Suite struct HistogramTests {
    private func histogram(_ values: [Float], scale: Double = 1) -> Histogram {
        values.withUnsafeBufferPointer { Histogram(of: $0, scale: scale) }
    }

    @Test func edgesAndCounts() {
        // Two values in each bucket but the last, which has its right edge too.
        let found = histogram((0...60).map(Float.init))
        #expect(found.buckets.count == 30)
        #expect(found.buckets.map(\.count) == Array(repeating: 2, count: 29) + [3])
        #expect(found.buckets.first?.left == 0 && found.buckets.last?.right == 60)
        #expect(zip(found.buckets, found.buckets.dropFirst()).allSatisfy { $0.right == $1.left })
    }

    @Test func scaleIsTheSameAsScaledValues() {
        let values = (0..<1_000).map { Float($0 * 37 % 101 - 50) }
        #expect(histogram(values, scale: 1.0 / 64) == histogram(values.map { $0 / 64 }))
    }

    @Test func fewValues() {
        #expect(histogram([]).buckets.isEmpty)
        #expect(histogram([-2, -2]).buckets == [Histogram.Bucket(left: -2.5, right: -1.5, count: 2)])
        #expect(histogram([1, 2]).buckets.map(\.count) == [1] + Array(repeating: 0, count: 28) + [1])
    }

    /// However small or far apart: each is counted once, in a bucket that holds it.
    @Test func everyFiniteValueIsCountedOnce() {
        let extremes: [[Float]] = [
            [.leastNonzeroMagnitude, 0], [.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0, 1], [1, Float(1).nextUp],
            [.nan, 1, 2], [.infinity, -1, 3, 4],
        ]
        for values in extremes {
            let buckets = histogram(values).buckets
            #expect(buckets.reduce(0) { $0 + $1.count } == values.count(where: \.isFinite), "\(values)")
        }
    }
}
