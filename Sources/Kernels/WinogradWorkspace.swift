/// What the transforms of a Winograd convolution work in.
struct WinogradWorkspace<Form: WinogradForm> {
    /// Between the two halves of a transform: as many vectors as a tile has products.
    let middle: UnsafeMutablePointer<Float>
    /// A pixel of zeros, for those outside of the plane.
    private let zeros: UnsafeMutablePointer<Float>
    /// Where each pixel of a square begins, of the last few tiles.
    private let squares: UnsafeMutablePointer<UnsafePointer<Float>>

    private static var keptSquares: Int { WinogradTiles<Form>.lead + 1 }
    private static var middleCount: Int { Form.products * KernelVector.scalarCount }
    private static var squaresCount: Int {
        keptSquares * Form.products * MemoryLayout<UnsafePointer<Float>>.stride / MemoryLayout<Float>.stride
    }

    /// Floats of scratch for planes of up to `channels` channels.
    static func count(channels: Int) -> Int { AlignedFloats.rounded(middleCount + squaresCount + channels) }

    /// - Parameter base: aligned as pointers are.
    init(_ base: UnsafeMutablePointer<Float>, channels: Int) {
        middle = base
        squares = UnsafeMutableRawPointer(base + Self.middleCount)
            .bindMemory(to: UnsafePointer<Float>.self, capacity: Self.keptSquares * Form.products)
        zeros = base + Self.middleCount + Self.squaresCount
        zeros.update(repeating: 0, count: channels)
    }

    /// The pixels of a tile that was located among the last few.
    @inline(__always)
    func square(_ tile: Int) -> UnsafePointer<UnsafePointer<Float>> { UnsafePointer(place(tile)) }

    /// Finds the pixels of a tile's square of `side`×`side`, which may begin or end outside of the plane.
    @inline(__always)
    func locate(
        _ tile: Int, of plane: WinogradPlane, _ pixels: UnsafePointer<Float>, _ image: Int, firstRow: Int, firstColumn: Int,
        side: Int
    ) -> UnsafePointer<UnsafePointer<Float>> {
        // What of the square lies inside of the plane.
        let rows = max(0, -firstRow)..<max(0, min(side, plane.height - firstRow))
        let columns = max(0, -firstColumn)..<max(0, min(side, plane.width - firstColumn))
        let square = place(tile)
        for i in 0..<side {
            for j in 0..<side {
                let isInside = rows.contains(i) && columns.contains(j)
                square[i * side + j] =
                    isInside ? pixels + plane.offset(image, firstRow + i, firstColumn + j) : UnsafePointer(zeros)
            }
        }
        return UnsafePointer(square)
    }

    @inline(__always)
    private func place(_ tile: Int) -> UnsafeMutablePointer<UnsafePointer<Float>> {
        squares + tile % Self.keptSquares * Form.products
    }
}
