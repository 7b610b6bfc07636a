/// Every row of `output` [rows, count] ← `row` [count].
func fillRows(_ output: UnsafeMutablePointer<Float>, rows: Int, with row: UnsafePointer<Float>, count: Int) {
    for start in stride(from: 0, to: rows * count, by: count) {
        for i in 0..<count { output[start + i] = row[i] }
    }
}

/// `sum` [count] ← `sum` + the sum of the rows of `input` [rows, count].
///
/// Rows are added in blocks of 64 first, so that the rounding error grows with rows/64 + 64 terms instead of with rows. Sixteen columns
/// at a time stay in registers.
func addRows(_ input: UnsafePointer<Float>, rows: Int, to sum: UnsafeMutablePointer<Float>, count: Int) {
    let lanes = 16
    for column in stride(from: 0, to: count, by: lanes) {
        let width = min(lanes, count - column)
        for block in stride(from: 0, to: rows, by: 64) {
            var partial = SIMD16<Float>()
            for row in block..<min(block + 64, rows) {
                let line = input + row * count + column
                if width == lanes {
                    partial += UnsafeRawPointer(line).loadUnaligned(as: SIMD16<Float>.self)
                } else {
                    for i in 0..<width { partial[i] += line[i] }
                }
            }
            for i in 0..<width { sum[column + i] += partial[i] }
        }
    }
}
