import Glibc

/// The mapped file of a flight recorder, for as long as anyone looks at it.
final class RecordMapping: @unchecked Sendable {
    /// Written by the recorder's thread alone. Every number is one aligned store, so that others read an old one or a new one.
    let base: UnsafeMutableRawPointer

    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    deinit {
        FatalSignals.forget(base)
        munmap(base, RecordLayout.byteCount)
    }
}

/// When a recorder of this very process last told of something new, for other threads of it. Looking allocates nothing.
public struct Pulse: Sendable {
    let mapping: RecordMapping

    public var hasEnded: Bool {
        mapping.base.load(fromByteOffset: RecordLayout.phaseOffset, as: UInt32.self) == Phase.ended.rawValue
    }

    /// The record's bytes as far as they are used, number by number.
    var image: [UInt8] {
        var image: [UInt8] = []
        image.reserveCapacity(RecordLayout.usedByteCount)
        for offset in stride(from: 0, to: RecordLayout.usedByteCount, by: 8) {
            withUnsafeBytes(of: mapping.base.load(fromByteOffset: offset, as: UInt64.self)) { image.append(contentsOf: $0) }
        }
        return image
    }

    /// Nanoseconds of CLOCK_REALTIME.
    public var lastNews: UInt64 {
        func time(_ offset: Int) -> UInt64 { mapping.base.load(fromByteOffset: offset, as: UInt64.self) }
        var latest = time(RecordLayout.sinceOffset)
        for index in 0..<RecordLayout.slotCount {
            let slot = RecordLayout.slotsOffset + index * RecordLayout.slotByteCount
            latest = max(latest, time(slot + RecordLayout.Slot.enteredOffset), time(slot + RecordLayout.Slot.leftOffset))
        }
        return latest
    }
}
