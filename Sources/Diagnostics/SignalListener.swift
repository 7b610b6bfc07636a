import Dispatch
import Glibc

/// Hears signals in place of what they would do, on a queue of its own, until `end()` or until it is dropped.
public final class SignalListener {
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - numbers: of the signals. SIGHUP is left alone where the process was started to ignore it, as under nohup.
    ///   - hear: called with each that comes.
    public init(_ numbers: [Int32], hear: @escaping @Sendable (Int32) -> Void) {
        sources = numbers.compactMap { number in
            let former = signal(number, SIG_IGN)
            if number == SIGHUP, unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { return nil }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { hear(number) }
            source.resume()
            return source
        }
    }

    deinit { end() }

    /// The signals do again what they do by default.
    public func end() {
        for source in sources where !source.isCancelled {
            source.cancel()
            signal(Int32(source.handle), SIG_DFL)
        }
    }
}
