import Foundation

/// The bytes between the end of a mapped file and the end of its last page: they can be read, and belong to nobody. While this object
/// lives, the address sanitizer ends the process where they are. Does nothing in a program without it.
final class PoisonedTail {
    private typealias Call = @convention(c) (UnsafeRawPointer, Int) -> Void
    private static let poison = function("__asan_poison_memory_region")
    private static let clean = function("__asan_unpoison_memory_region")

    private let start: UnsafeRawPointer
    private let count: Int

    /// - Parameter end: where the file's bytes end.
    init(behind end: UnsafeRawPointer) {
        start = end
        let page = sysconf(Int32(_SC_PAGESIZE))
        count = (page - Int(bitPattern: end) % page) % page
        Self.poison?(start, count)
    }

    deinit { Self.clean?(start, count) }

    private static func function(_ name: String) -> Call? {
        dlsym(nil, name).map { unsafeBitCast($0, to: Call.self) }
    }
}
