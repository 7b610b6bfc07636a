import Foundation

/// A network interface that is up and has an IPv4 address.
public struct NetworkInterface: Sendable, Equatable, Codable {
    public var name: String
    public var address: String
    /// In bits.
    public var prefix: Int

    public init(name: String, address: String, prefix: Int) { (self.name, self.address, self.prefix) = (name, address, prefix) }

    /// Those of this host, but for the loopback.
    static var here: [NetworkInterface] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        return sequence(first: list) { $0?.pointee.ifa_next }.compactMap { $0?.pointee }.compactMap(NetworkInterface.init)
    }

    private init?(_ entry: ifaddrs) {
        let flags = Int32(bitPattern: entry.ifa_flags)
        guard let address = entry.ifa_addr, let mask = entry.ifa_netmask, Int32(address.pointee.sa_family) == AF_INET,
            flags & Int32(IFF_UP) != 0, flags & Int32(IFF_LOOPBACK) == 0
        else {
            return nil
        }
        self.init(
            name: String(cString: entry.ifa_name), address: Self.address(address), prefix: Self.bits(mask).nonzeroBitCount)
    }

    /// Of an IPv4 socket, as 10.0.0.1.
    static func address(_ socket: UnsafeMutablePointer<sockaddr>) -> String { dotted(bits(socket)) }

    static func dotted(_ bits: UInt32) -> String {
        (0..<4).map { String(bits >> (24 - 8 * UInt32($0)) & 255) }.joined(separator: ".")
    }

    private static func bits(_ socket: UnsafeMutablePointer<sockaddr>) -> UInt32 {
        socket.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt32(bigEndian: $0.pointee.sin_addr.s_addr) }
    }
}
