import Glibc

/// Buffers for kernels to work on. Behind each lies a page that nobody may touch: a kernel that reads or writes there ends the process with
/// SIGSEGV at the fault. In front of each stand sentinels: a kernel that writes there is found out.
///
/// Ask `isIntact` last: it also keeps the buffers alive until then.
final class Workspace {
    private static let margin = 16
    private static let sentinel: Float = -12_345.678
    private static let page = sysconf(Int32(_SC_PAGESIZE))
    private var blocks: [(region: UnsafeMutableRawBufferPointer, front: UnsafeMutablePointer<Float>)] = []

    deinit {
        for block in blocks { munmap(block.region.baseAddress, block.region.count) }
    }

    /// A buffer with these values, which ends where the guarded page begins.
    func floats(_ values: [Float]) -> UnsafeMutablePointer<Float> {
        let bytes = (Self.margin + values.count) * MemoryLayout<Float>.stride
        let accessible = (bytes + Self.page - 1) / Self.page * Self.page
        let length = accessible + Self.page
        guard let start = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED,
            mprotect(start + accessible, Self.page, PROT_NONE) == 0
        else {
            fatalError("no memory for a buffer of \(values.count) floats")
        }
        let front = (start + accessible - bytes).bindMemory(to: Float.self, capacity: Self.margin + values.count)
        front.initialize(repeating: Self.sentinel, count: Self.margin)
        let base = front + Self.margin
        for (i, value) in values.enumerated() { (base + i).initialize(to: value) }
        blocks.append((UnsafeMutableRawBufferPointer(start: start, count: length), front))
        return base
    }

    /// A buffer full of NaN: whatever a kernel reads before it has written it, or forgets to write, stays NaN.
    func unwritten(_ count: Int) -> UnsafeMutablePointer<Float> { floats([Float](repeating: .nan, count: count)) }

    /// Whether nothing was written in front of any buffer.
    var isIntact: Bool {
        blocks.allSatisfy { block in (0..<Self.margin).allSatisfy { block.front[$0] == Self.sentinel } }
    }
}

func values(_ base: UnsafePointer<Float>, _ count: Int) -> [Float] { Array(UnsafeBufferPointer(start: base, count: count)) }
