/// Neighbouring columns of a matrix, taken out of it or put into it.
public enum Columns {
    /// Copies [rows, count] from rows that are `stride` floats apart to rows that are `targetStride` apart.
    public static func copy(
        rows: Int, count: Int, from source: UnsafePointer<Float>, stride: Int, to target: UnsafeMutablePointer<Float>,
        targetStride: Int
    ) {
        if stride == count && targetStride == count {
            target.update(from: source, count: rows * count)
            return
        }
        for row in 0..<rows { (target + row * targetStride).update(from: source + row * stride, count: count) }
    }
}
