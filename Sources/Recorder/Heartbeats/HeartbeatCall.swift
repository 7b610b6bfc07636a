import Diagnostics
import Glibc

/// How a rank comes to a connection with rank 0: it tries one address after the other, until one answers as rank 0 of this run does.
struct HeartbeatCall {
    private let invitation: HeartbeatInvitation

    /// An address may be one that leads nowhere from here, such as a container's; it is left soon.
    private static let patience: UInt64 = 1_000_000_000

    init(_ invitation: HeartbeatInvitation) { self.invitation = invitation }

    /// - Throws: `Failure(.io)`, with what came of each address.
    func connect(rank: Int, size: Int, until call: EndableThread.Call) throws(Failure) -> TCPConnection {
        var faults: [String] = []
        for name in invitation.addresses {
            let addresses = SocketAddress.resolved(name, port: invitation.port)
            if addresses.isEmpty { faults.append("\(name): no such host") }
            for address in addresses where !call.hasEnded {
                do throws(RecordFault) {
                    return try connection(to: address, greeting: invitation.greeting(rank: rank, size: size), until: call)
                } catch { faults.append("\(name): \(error.text)") }
            }
        }
        throw Failure(.io, "port \(invitation.port) of \(faults.joined(separator: "; "))")
    }

    private func connection(
        to address: SocketAddress, greeting: [UInt8], until call: EndableThread.Call
    ) throws(RecordFault) -> TCPConnection {
        guard let descriptor = TCPConnection.socket(address.family) else { throw RecordFault(systemText()) }
        let connection = TCPConnection(descriptor)
        let end = Moment.now.uptime + Self.patience
        /// - Returns: false where the time is over.
        func wait(for events: Int32) -> Bool {
            let uptime = Moment.now.uptime
            guard uptime < end, !call.hasEnded else { return false }
            let awaited = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            return call.wait(for: [awaited], seconds: Double(end - uptime) / 1e9).first == true
        }

        if address.withPointer({ Glibc.connect(descriptor, $0, $1) }) != 0 {
            guard errno == EINPROGRESS else { throw RecordFault(systemText()) }
            guard wait(for: POLLOUT) else { throw RecordFault("no answer") }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else { throw RecordFault(systemText(code)) }
        }
        connection.send(greeting)
        while connection.received.count < HeartbeatInvitation.wordByteCount, connection.state == .open, wait(for: POLLIN) {
            connection.receive(upTo: HeartbeatInvitation.wordByteCount)
        }
        guard let answer = connection.take(HeartbeatInvitation.wordByteCount) else {
            throw RecordFault(connection.state == .open ? "no answer" : "what listens there has closed the connection")
        }
        guard answer == invitation.answer else {
            throw RecordFault("it is not rank 0 of this run that listens there")
        }
        return connection
    }
}
