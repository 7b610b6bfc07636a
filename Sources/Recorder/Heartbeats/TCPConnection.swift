import Glibc

/// One end of a TCP connection. No call waits, and none ends the process where the other end is gone.
final class TCPConnection {
    enum State: Equatable {
        case open
        /// The other end's system has closed it, as it does where the process ends.
        case closed
        /// It does not get on.
        case broken
    }

    /// What was sent and is not acknowledged for this long breaks the connection, in milliseconds: the other host is gone.
    private static let patience: Int32 = 10_000

    let descriptor: Int32
    private(set) var state = State.open
    /// What has come and was not taken.
    private(set) var received: [UInt8] = []
    private var unsent: ArraySlice<UInt8> = []

    /// Takes over the socket.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1)
        set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, Self.patience)
    }

    deinit { close(descriptor) }

    /// Whether something waits to be sent.
    var isSending: Bool { !unsent.isEmpty }

    /// Whether there is something to be done, if it is not known yet.
    var awaited: pollfd { pollfd(fd: descriptor, events: Int16(POLLIN | (isSending ? POLLOUT : 0)), revents: 0) }

    /// Takes in what has come, until so many bytes wait to be taken.
    func receive(upTo limit: Int) {
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while state == .open, received.count < limit {
            let count = recv(descriptor, &chunk, min(chunk.count, limit - received.count), Int32(MSG_DONTWAIT))
            if count > 0 {
                received += chunk.prefix(count)
            } else if count == 0 {
                state = .closed
            } else if !go(on: errno) {
                return
            }
        }
    }

    /// The first of what was received; nil while there is less.
    func take(_ count: Int) -> [UInt8]? {
        guard received.count >= count else { return nil }
        defer { received.removeFirst(count) }
        return Array(received.prefix(count))
    }

    func send(_ bytes: [UInt8]) {
        unsent += bytes
        flush()
    }

    /// Sends what the system takes of what waits.
    func flush() {
        while state == .open, isSending {
            let count = unsent.withUnsafeBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count >= 0 {
                unsent = unsent.dropFirst(count)
            } else if !go(on: errno) {
                return
            }
        }
    }

    /// Whether to call again after an error.
    private func go(on error: Int32) -> Bool {
        switch error {
        case EINTR: return true
        case EAGAIN: return false
        case ECONNRESET, EPIPE: state = .closed
        default: state = .broken
        }
        return false
    }

    /// A stream that is not handed on to programs that this process starts, and whose calls do not wait.
    static let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)

    /// - Returns: nil where there is none to be had.
    static func socket(_ family: Int32) -> Int32? {
        let descriptor = Glibc.socket(family, kind, 0)
        return descriptor < 0 ? nil : descriptor
    }

    /// A socket that listens on a port of the system's choice.
    ///
    /// - Returns: nil, with `errno`, where this host has none.
    static func listener() -> Int32? {
        // One for both families, where the system has both.
        for family in [AF_INET6, AF_INET] {
            guard let descriptor = socket(family) else { continue }
            if family == AF_INET6 { set(descriptor, Int(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
            let isBound = SocketAddress.resolved(nil, port: "0", family: family).contains { address in
                address.withPointer { bind(descriptor, $0, $1) } == 0
            }
            if isBound, listen(descriptor, SOMAXCONN) == 0 { return descriptor }
            close(descriptor)
        }
        return nil
    }

    /// The next one who has connected; nil where there is none.
    static func accepted(from listener: Int32) -> TCPConnection? {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        // accept4(2), which does all at once, is not to be seen from Swift; nothing is started by this process meanwhile.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return TCPConnection(descriptor)
    }
}

private func set(_ descriptor: Int32, _ level: Int, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, Int32(level), option, &value, socklen_t(MemoryLayout<Int32>.size))
}
