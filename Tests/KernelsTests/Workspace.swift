/// Buffers for kernels to work on, each between sentinels: a kernel that writes where it must not is found out.
///
/// Ask `isIntact` last: it also keeps the buffers alive until then.
final class Workspace {
    private static let margin = 16
    private static let sentinel: Float = -12_345.678
    private var blocks: [UnsafeMutableBufferPointer<Float>] = []

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// A buffer with these values.
    func floats(_ values: [Float]) -> UnsafeMutablePointer<Float> {
        let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count + 2 * Self.margin)
        block.initialize(repeating: Self.sentinel)
        blocks.append(block)
        for (i, value) in values.enumerated() { block[Self.margin + i] = value }
        guard let base = block.baseAddress else { fatalError("a buffer without an address") }
        return base + Self.margin
    }

    /// A buffer full of NaN: whatever a kernel reads before it has written it, or forgets to write, stays NaN.
    func unwritten(_ count: Int) -> UnsafeMutablePointer<Float> { floats([Float](repeating: .nan, count: count)) }

    /// Whether nothing was written in front of or behind any buffer.
    var isIntact: Bool {
        blocks.allSatisfy { block in
            block.prefix(Self.margin).allSatisfy { $0 == Self.sentinel }
                && block.suffix(Self.margin).allSatisfy { $0 == Self.sentinel }
        }
    }
}

func values(_ base: UnsafePointer<Float>, _ count: Int) -> [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
