import Glibc

/// Notes in the flight record which signal ended the process, before it does.
///
/// The handler calls nothing that may not be called in one (signal-safety(7)): it copies bytes into the mapped record and raises the
/// signal again, which then does what it does by default. Backtraces, of Swift or of MPI, are not waited for: they take seconds, in
/// which the other ranks would not know that this one is lost, and one that is written for a signal sent from outside lets the process
/// go on as if nothing had been. A core file tells more, where the system keeps those.
enum FatalSignals {
    /// The record of this process. Written by the main thread, outside of the handler.
    private nonisolated(unsafe) static var record: UnsafeMutableRawPointer?

    static func note(in base: UnsafeMutableRawPointer) {
        record = base
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] { signal(number, handle) }
    }

    static func forget(_ base: UnsafeMutableRawPointer) { if record == base { record = nil } }

    private static let handle: @convention(c) (Int32) -> Void = { number in
        if let record = FatalSignals.record {
            let text = FatalSignals.text(number)
            let message = record + RecordLayout.messageOffset
            message.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
            record.storeBytes(of: UInt32(text.utf8CodeUnitCount), toByteOffset: RecordLayout.messageByteCountOffset, as: UInt32.self)
        }
        signal(number, SIG_DFL)
        raise(number)
    }

    private static func text(_ number: Int32) -> StaticString {
        switch number {
        case SIGSEGV: "ended by SIGSEGV: an illegal access to memory"
        case SIGBUS: "ended by SIGBUS: memory that a file or device no longer backs"
        case SIGFPE: "ended by SIGFPE: an arithmetic fault"
        case SIGABRT: "ended by SIGABRT: a library gave up; its message stands above"
        default: "ended by SIGILL or SIGTRAP: a check of lockstep's own failed, or memory ran out; its message stands above"
        }
    }
}
