import Foundation

/// Which host of a hostfile is which of those that answered: they call themselves otherwise at times.
enum HostNames {
    /// By the name itself, with or without its domain; by an address that the name stands for; and what is left last, where it is one alone.
    ///
    /// - Parameter addresses: of a name.
    static func assign(
        _ names: [String], to hosts: inout [HostFacts], addresses: (String) -> Set<String> = addresses(of:)
    ) {
        var left = names
        func take(where isFit: (String, HostFacts) -> Bool) {
            for index in hosts.indices where hosts[index].askedAs == nil {
                guard let place = left.firstIndex(where: { isFit($0, hosts[index]) }) else { continue }
                hosts[index].askedAs = left.remove(at: place)
            }
        }
        take { $0 == $1.name }
        take { short($0) == short($1.name) && Int($0.prefix(1)) == nil }
        take { name, host in !addresses(name).isDisjoint(with: host.interfaces.map(\.address)) }
        if left.count == 1, hosts.count(where: { $0.askedAs == nil }) == 1 { take { _, _ in true } }
    }

    private static func short(_ name: String) -> Substring { name.prefix { $0 != "." } }

    /// The IPv4 addresses that this host's resolver knows; those of this very host for what is its loopback.
    static func addresses(of name: String) -> Set<String> {
        var hints = addrinfo()
        (hints.ai_family, hints.ai_socktype) = (AF_INET, Int32(SOCK_STREAM.rawValue))
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        let entries = sequence(first: list) { $0?.pointee.ai_next }.compactMap { $0?.pointee.ai_addr }
        let found = Set(entries.map(NetworkInterface.address))
        return found.contains { $0.hasPrefix("127.") } ? found.union(NetworkInterface.here.map(\.address)) : found
    }
}
