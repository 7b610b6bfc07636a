import Diagnostics
import Glibc

/// Keeps what this rank is doing in a small mapped file that outlives the process, in whatever way it ends: the kernel owns the
/// pages, so SIGKILL loses nothing. `FlightRecord` reads it.
///
/// On the same host a reader sees every store at once. On another host, through a network file system, it sees the state of the last
/// write-back: the kernel's usual 30 seconds, or the process's end; while a job trains, heartbeats tell more (`Lookout`). A power cut loses what was not written back.
///
/// All calls belong to the main thread: the class is not `Sendable`, and nothing in it is synchronised. `enter`, `begin`,
/// `collectiveEntered` and `collectiveLeft` neither allocate nor enter the kernel: one clock_gettime (vDSO) and up to six stores.
public final class FlightRecorder {
    private let mapping: RecordMapping
    private var base: UnsafeMutableRawPointer { mapping.base }
    private var sequence: UInt64 = 0

    /// Makes the record of `rank` at `path`, in place of that of an earlier process, which is gone then: what ended an earlier run
    /// stands in that run's failure report. The old file is not written to, for its process may still live and have it mapped.
    ///
    /// - Parameter host: cut to 256 bytes.
    /// - Throws: `Failure(.io)` with the path and the system's reason; nothing is left at `path` that was not there before.
    /// - Precondition: 0 ≤ `rank` < `size`.
    public init(path: String, rank: Int, size: Int, host: String) throws(Failure) {
        require(rank >= 0 && rank < size && size <= Int(Int32.max), "a flight recorder cannot be of rank \(rank) of \(size)")
        let image = Self.image(rank: rank, size: size, host: host)
        defer { image.deallocate() }
        // Written before it is mapped, so that a full disk is an error here and not a SIGBUS at the first store.
        let temporary = "\(path).new"
        unlink(temporary)
        let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw recorderFailure("make the flight record", path) }
        defer { Glibc.close(descriptor) }
        let written = write(descriptor, image, RecordLayout.byteCount)
        guard written == RecordLayout.byteCount else {
            let failure = recorderFailure("write the flight record", path, written < 0 ? errno : ENOSPC)
            unlink(temporary)
            throw failure
        }
        guard let mapped = mmap(nil, RecordLayout.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            mapped != MAP_FAILED
        else {
            let failure = recorderFailure("map the flight record", path)
            unlink(temporary)
            throw failure
        }
        guard rename(temporary, path) == 0 else {
            let failure = recorderFailure("put a new flight record at", path)
            munmap(mapped, RecordLayout.byteCount)
            unlink(temporary)
            throw failure
        }
        mapping = RecordMapping(mapped)
    }

    /// For other threads of this process, which may look at it even when the recorder is no more.
    public var pulse: Pulse { Pulse(mapping: mapping) }

    /// From now on a signal that ends this process for a fault of its own, such as SIGSEGV, is noted in the record first.
    public func noteFatalSignals() { FatalSignals.note(in: base) }

    /// From now on this rank is in `phase` of `step`, in the step program's `operation` if one is given.
    ///
    /// - Precondition: `step` is 0 or more.
    public func enter(_ phase: Phase, step: Int, operation: Int? = nil) {
        require(step >= 0, "a rank cannot be in step \(step)")
        store(UInt64(truncatingIfNeeded: step), RecordLayout.stepOffset)
        store(operation.map { UInt32(truncatingIfNeeded: $0) } ?? RecordLayout.noOperation, RecordLayout.operationOffset)
        store(phase.rawValue, RecordLayout.phaseOffset)
        store(now(), RecordLayout.sinceOffset)
    }

    /// This rank is still in its phase, and gets on with it.
    public func renew() { store(now(), RecordLayout.sinceOffset) }

    /// From now on this rank is in `epoch`.
    ///
    /// - Precondition: `epoch` is 0 or more.
    public func begin(epoch: Int) {
        require(epoch >= 0, "a rank cannot be in epoch \(epoch)")
        store(UInt64(truncatingIfNeeded: epoch), RecordLayout.epochOffset)
    }

    /// A collective begins, over `count` values: a blocking one is called next, a non-blocking one started.
    ///
    /// - Returns: its sequence number, for `collectiveLeft`.
    @discardableResult
    public func collectiveEntered(kind: CollectiveKind, count: Int) -> UInt64 {
        sequence += 1
        let slot = RecordLayout.slotOffset(sequence)
        store(UInt64(0), slot + RecordLayout.Slot.sequenceOffset)
        store(kind.rawValue, slot + RecordLayout.Slot.kindOffset)
        store(UInt64(truncatingIfNeeded: count), slot + RecordLayout.Slot.countOffset)
        store(UInt64(0), slot + RecordLayout.Slot.leftOffset)
        store(now(), slot + RecordLayout.Slot.enteredOffset)
        store(sequence, slot + RecordLayout.Slot.sequenceOffset)
        store(sequence, RecordLayout.sequenceOffset)
        return sequence
    }

    /// The last collective is over, or the one of the given number, where several are under way. One that began more than eight
    /// collectives ago has no place in the record any more, and nothing is stored.
    public func collectiveLeft(_ number: UInt64? = nil) {
        let number = number ?? sequence
        require(number >= 1 && number <= sequence, "collective \(number) was never entered: the last one is \(sequence)")
        guard sequence - number < UInt64(RecordLayout.slotCount) else { return }
        store(now(), RecordLayout.slotOffset(number) + RecordLayout.Slot.leftOffset)
    }

    /// Keeps a message, in place of the one before; cut to the last whole character within 1,024 bytes.
    public func note(_ message: String) {
        store(UInt32(0), RecordLayout.messageByteCountOffset)
        let count = place(message, at: RecordLayout.messageOffset, capacity: RecordLayout.messageCapacity, in: base)
        store(UInt32(count), RecordLayout.messageByteCountOffset)
    }

    /// The process is about to end, for `reason`. Without this call the record tells that the process was killed.
    public func close(_ reason: String) {
        note(reason)
        store(Phase.ended.rawValue, RecordLayout.phaseOffset)
        store(now(), RecordLayout.sinceOffset)
    }

    /// Does `work`, a collective over `count` values in which this rank may wait for others: entered before, and left behind it. One that
    /// throws stays as it is, entered and not left.
    public func during<Result>(_ kind: CollectiveKind, count: Int, _ work: () throws -> Result) rethrows -> Result {
        let number = collectiveEntered(kind: kind, count: count)
        let result = try work()
        collectiveLeft(number)
        return result
    }

    private func store<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, _ offset: Int) {
        base.storeBytes(of: number, toByteOffset: offset, as: Number.self)
    }

    /// The first contents of a record: 4,096 bytes, to be deallocated by the caller.
    private static func image(rank: Int, size: Int, host: String) -> UnsafeMutableRawPointer {
        let image = UnsafeMutableRawPointer.allocate(byteCount: RecordLayout.byteCount, alignment: 8)
        image.initializeMemory(as: UInt8.self, repeating: 0, count: RecordLayout.byteCount)
        let time = now()
        let hostByteCount = place(host, at: RecordLayout.hostOffset, capacity: RecordLayout.hostCapacity, in: image)
        for (offset, number) in [
            (RecordLayout.magicOffset, RecordLayout.magic), (RecordLayout.startedOffset, time), (RecordLayout.sinceOffset, time),
            (RecordLayout.processStartOffset, ProcessStatus(of: getpid())?.start ?? 0),
        ] { image.storeBytes(of: number, toByteOffset: offset, as: UInt64.self) }
        for (offset, number) in [
            (RecordLayout.versionOffset, RecordLayout.version), (RecordLayout.byteCountOffset, UInt32(RecordLayout.byteCount)),
            (RecordLayout.rankOffset, UInt32(rank)), (RecordLayout.sizeOffset, UInt32(size)),
            (RecordLayout.processOffset, UInt32(getpid())), (RecordLayout.phaseOffset, Phase.starting.rawValue),
            (RecordLayout.operationOffset, RecordLayout.noOperation), (RecordLayout.hostByteCountOffset, UInt32(hostByteCount)),
        ] { image.storeBytes(of: number, toByteOffset: offset, as: UInt32.self) }
        return image
    }
}

extension FlightRecorder? {
    /// The same; only `work` where there is no recorder.
    public func during<Result>(_ kind: CollectiveKind, count: Int, _ work: () throws -> Result) rethrows -> Result {
        guard let recorder = self else { return try work() }
        return try recorder.during(kind, count: count, work)
    }
}

/// Copies as many whole Unicode scalars of `text` as fit. Returns the number of bytes.
private func place(_ text: String, at offset: Int, capacity: Int, in base: UnsafeMutableRawPointer) -> Int {
    var count = 0
    for scalar in text.unicodeScalars {
        let width = UTF8.width(scalar)
        guard count + width <= capacity else { break }
        for byte in scalar.utf8 {
            base.storeBytes(of: byte, toByteOffset: offset + count, as: UInt8.self)
            count += 1
        }
    }
    return count
}

/// CLOCK_REALTIME in nanoseconds; about 20 ns by way of the vDSO.
func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(truncatingIfNeeded: time.tv_sec &* 1_000_000_000 &+ time.tv_nsec)
}
