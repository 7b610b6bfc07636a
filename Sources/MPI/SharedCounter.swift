import Diagnostics
import Synchronization

/// A number in memory that ranks share, by which one rank tells the others how far it has come. It only grows, so nobody has to reset it,
/// and one that is behind is never taken for one that is ahead.
///
/// What a rank wrote before `advance` is seen by every rank that has read the new value (release and acquire).
public struct SharedCounter {
    /// The bytes that each counter should have to itself: a cache line, so that ranks that wait for one do not slow down writers of another.
    public static let stride = SharedWindow.alignment

    private let location: UnsafeMutablePointer<Atomic<UInt64>>

    /// Zeroed memory is a counter that stands at 0.
    fileprivate init(at address: UnsafeMutableRawPointer) {
        location = address.bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    }

    public var value: UInt64 { location.pointee.load(ordering: .acquiring) }

    /// Called by one rank only.
    public func advance(to value: UInt64) { location.pointee.store(value, ordering: .releasing) }
}

extension SharedWindow {
    /// The counter in this place of a rank's region. All ranks see the same one.
    ///
    /// - Precondition: the place is a multiple of 8 within the region.
    public func counter(ofRank rank: Int, atByte offset: Int) -> SharedCounter {
        require(
            offset >= 0 && offset + 8 <= byteCount(ofRank: rank) && offset.isMultiple(of: 8),
            "no counter stands at byte \(offset) of \(byteCount(ofRank: rank))")
        return SharedCounter(at: base(ofRank: rank) + offset)
    }
}
