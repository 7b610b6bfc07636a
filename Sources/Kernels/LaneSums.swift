/// target[i] ← target[i] + the sum of the lanes of vector i, of `count` vectors one behind the other.
///
/// Eight at a time: as rows of a square they are turned over, so that lanes are added as whole rows.
func addLaneSums(of vectors: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int) {
    let lanes = KernelVector.scalarCount
    let whole = count / 8 * 8
    for i in stride(from: 0, to: whole, by: 8) {
        let rows = vectors + i * lanes
        var square = FloatSquare(rows, stride: lanes)
        for lane in stride(from: 8, to: lanes, by: 8) { square.add(FloatSquare(rows + lane, stride: lanes)) }
        square.transpose()
        store8(load8(UnsafePointer(target + i)) + square.sum, at: target + i)
    }
    for i in whole..<count { target[i] += KernelVector(at: vectors + i * lanes).sum() }
}
