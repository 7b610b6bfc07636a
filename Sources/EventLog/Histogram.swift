/// How often values fall into buckets of equal width between the smallest and the largest of them, as TensorBoard's histograms do: bucket i
/// of B is [min + i·w, min + (i+1)·w) with w = (max − min)/B, and the last one has its right edge too.
///
/// Equal values are in one bucket that reaches ½ to either side; no values are in none. What is no finite number is not counted.
public struct Histogram: Equatable, Sendable {
    public struct Bucket: Equatable, Sendable {
        public let left: Double
        public let right: Double
        public let count: Int
    }

    public let buckets: [Bucket]
    /// What TensorBoard itself takes.
    static let usualBucketCount = 30

    /// Looks at each value twice.
    ///
    /// - Parameter scale: what each value is multiplied by first.
    public init(of values: UnsafeBufferPointer<Float>, scale: Double = 1) {
        let bucketCount = Self.usualBucketCount
        var (least, most, finiteCount) = (Double.infinity, -Double.infinity, 0)
        for value in values where value.isFinite {
            let scaled = Double(value) * scale
            (least, most, finiteCount) = (min(least, scaled), max(most, scaled), finiteCount + 1)
        }
        guard finiteCount > 0, least < most else {
            buckets = finiteCount > 0 ? [Bucket(left: least - 0.5, right: least + 0.5, count: finiteCount)] : []
            return
        }
        let width = (most - least) / Double(bucketCount)
        var counts = [Int](repeating: 0, count: bucketCount)
        for value in values where value.isFinite {
            counts[min(bucketCount - 1, Int((Double(value) * scale - least) / width))] += 1
        }
        func edge(_ index: Int) -> Double { index == bucketCount ? most : least + Double(index) * width }
        buckets = counts.enumerated().map { Bucket(left: edge($0), right: edge($0 + 1), count: $1) }
    }
}
