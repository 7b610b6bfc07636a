/// Every row of `output` [rows, count] ← `row` [count].
func fillRows(_ output: UnsafeMutablePointer<Float>, rows: Int, with row: UnsafePointer<Float>, count: Int) {
    for start in stride(from: 0, to: rows * count, by: count) {
        for i in 0..<count { output[start + i] = row[i] }
    }
}

/// `sum` [count] ← `sum` + the sum of the rows of `input` [rows, count].
///
/// Rows are added in blocks of 64 first, so that the rounding error grows with rows/64 + 64 terms instead of with rows. A vector of columns at
/// a time stays in a register; where a row ends sooner, the lanes behind its end hold what follows and are left out at last. The next block
/// is asked for while one is added.
func addRows(_ input: UnsafePointer<Float>, rows: Int, to sum: UnsafeMutablePointer<Float>, count: Int) {
    let blockRows = 64
    for block in stride(from: 0, to: rows, by: blockRows) {
        let end = min(block + blockRows, rows)
        for column in stride(from: 0, to: count, by: KernelVector.scalarCount) {
            let width = min(KernelVector.scalarCount, count - column)
            // The rows whose lanes lie inside the matrix.
            let room = rows * count - column - KernelVector.scalarCount
            let wholeRows = room < 0 ? 0 : min(rows, room / count + 1)
            var partial = KernelVector()
            for row in block..<max(block, min(end, wholeRows)) {
                let place = input + row * count + column
                prefetchForReading(place + blockRows * count)
                partial += KernelVector(at: place)
            }
            for row in min(max(block, wholeRows), end)..<end {
                for i in 0..<width { partial[i] += input[row * count + column + i] }
            }
            for i in 0..<width { sum[column + i] += partial[i] }
        }
    }
}

/// Copies the rows of [rows, count] to rows that are `stride` ≥ `count` floats apart; what lies between is set to 0.
func copyRows(
    _ source: UnsafePointer<Float>, rows: Int, count: Int, to target: UnsafeMutablePointer<Float>, stride: Int
) {
    for row in 0..<rows {
        for i in 0..<count { target[row * stride + i] = source[row * count + i] }
        for i in count..<stride { target[row * stride + i] = 0 }
    }
}
