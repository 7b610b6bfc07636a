/// Flat Float storage, aligned to 64 bytes (a cache line, a 512-bit register) and zero at first.
///
/// The owner of an arena, or a view of memory that another owns: others hold pointers into it and must not outlive it.
public final class AlignedFloats {
    public static let alignment = 64

    public let count: Int
    public let base: UnsafeMutablePointer<Float>
    private let isOwner: Bool

    public init(count: Int) {
        (self.count, isOwner) = (count, true)
        let bytes = max(count, 1) * MemoryLayout<Float>.stride
        base = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Self.alignment)
            .bindMemory(to: Float.self, capacity: max(count, 1))
        base.initialize(repeating: 0, count: max(count, 1))
    }

    /// Storage of at least so many bytes, for values of any kind.
    public convenience init(bytes: Int) {
        self.init(count: (bytes + MemoryLayout<Float>.stride - 1) / MemoryLayout<Float>.stride)
    }

    /// Storage that another owns and that outlives this, such as a window of memory that ranks share; left as it is.
    ///
    /// - Precondition: `base` is aligned to 64 bytes.
    public init(borrowing base: UnsafeMutablePointer<Float>, count: Int) {
        (self.count, self.base, isOwner) = (count, base, false)
    }

    deinit { if isOwner { UnsafeMutableRawPointer(base).deallocate() } }

    public var buffer: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: base, count: count) }

    /// `count` rounded up to whole cache lines of floats, so that what is laid behind it is aligned too.
    public static func rounded(_ count: Int) -> Int {
        let lane = alignment / MemoryLayout<Float>.stride
        return (count + lane - 1) / lane * lane
    }
}
