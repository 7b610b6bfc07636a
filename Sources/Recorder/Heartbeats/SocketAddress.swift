import Glibc

/// An address that a TCP socket can have.
struct SocketAddress: Sendable {
    let family: Int32
    private let bytes: [UInt8]

    /// Those that `host` stands for, a number or a name; without one those that every interface of this host listens to. A name may take as
    /// long as the system's resolver waits for a server.
    static func resolved(_ host: String?, port: String, family: Int32 = AF_UNSPEC) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = family
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (host == nil ? AI_PASSIVE : 0)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        guard let first else { return [] }
        return sequence(first: first, next: \.pointee.ai_next).compactMap { entry in
            let info = entry.pointee
            guard let address = info.ai_addr else { return nil }
            return SocketAddress(
                family: info.ai_family, bytes: Array(UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))))
        }
    }

    /// The numbers by which other hosts may reach this one: of its interfaces that are up, without the loopback and those that mean
    /// something on one link alone.
    static func numbersOfThisHost() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        guard let first else { return [] }
        return sequence(first: first, next: \.pointee.ifa_next).compactMap { entry in
            let interface = entry.pointee
            guard let address = interface.ifa_addr, interface.ifa_flags & UInt32(IFF_UP) != 0,
                interface.ifa_flags & UInt32(IFF_LOOPBACK) == 0
            else { return nil }
            let length: Int
            switch Int32(address.pointee.sa_family) {
            case AF_INET: length = MemoryLayout<sockaddr_in>.size
            case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
            default: return nil
            }
            let number = text(address, socklen_t(length), NI_MAXHOST, isHost: true)
            return number.hasPrefix("fe80:") ? nil : number
        }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes.prefix($0.count)) }
        return withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(bytes.count)) }
        }
    }

    /// The port that a bound socket has, in digits; nil where it has none.
    static func port(of descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getsockname(descriptor, address, &length) == 0 else { return nil }
                let port = text(address, length, NI_MAXSERV, isHost: false)
                return port.isEmpty ? nil : port
            }
        }
    }

    /// The host's number, or the port's; empty where the system does not tell.
    private static func text(_ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ capacity: Int32, isHost: Bool) -> String {
        var buffer = [CChar](repeating: 0, count: Int(capacity))
        let count = socklen_t(capacity)
        let flags = NI_NUMERICHOST | NI_NUMERICSERV
        let result =
            isHost
            ? getnameinfo(address, length, &buffer, count, nil, 0, flags)
            : getnameinfo(address, length, nil, 0, &buffer, count, flags)
        guard result == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
