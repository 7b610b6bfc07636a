import Diagnostics
import Kernels

extension ExchangeBucket {
    /// The arena from its float `first` on cut into buckets: what is trained into equal ones of about `byteCount` bytes, in whole cache lines, and the sums of the running
    /// statistics in one of their own, which always travels as fp32, for a variance is a difference of two of them.
    ///
    /// - Precondition: `byteCount` > 0; `first` begins a cache line.
    public static func cutting(
        from first: Int = 0, trainedCount: Int, arenaCount: Int, byteCount: Int, wire: WireType = .fp32
    ) -> [ExchangeBucket] {
        require(byteCount > 0, "a bucket has a size above 0, found \(byteCount) bytes")
        let line = AlignedFloats.rounded(1)
        let lines = (trainedCount - first + line - 1) / line
        let wanted = (lines * line * MemoryLayout<Float>.stride + byteCount / 2) / byteCount
        let count = min(max(1, wanted), max(1, lines), BucketMessages.largestBucketCount - 1)
        func cut(_ number: Int) -> Int { min(first + lines * number / count * line, trainedCount) }
        let trained = (0..<count).map { ExchangeBucket(cut($0)..<cut($0 + 1), wire: wire) }
        return trained + (arenaCount > trainedCount ? [ExchangeBucket(trainedCount..<arenaCount)] : [])
    }
}
