import Foundation

/// Whether Open MPI would send over networks that do not join the hosts: its TCP transport takes every interface that is up, also a bridge for
/// containers, which has the same address on every host and leads nowhere; ranks then wait for each other for ever.
enum NetworkCheck {
    static func interfaces(_ facts: ClusterFacts) -> [Finding] {
        guard facts.hosts.count > 1 else { return [.ok("one host: nothing travels over a network")] }
        let joint = subnets(joining: facts.hosts)
        guard let subnet = joint.first else {
            return [
                .warning(
                    "no IPv4 network has all hosts in it: \(facts.hosts.map(describe).joined(separator: "; "))",
                    "see that routes between them exist")
            ]
        }
        let chosen = facts.launcher.environment["OMPI_MCA_btl_tcp_if_include"]
        if let chosen { return [.ok("OMPI_MCA_btl_tcp_if_include=\(chosen)")] }
        let misleading = facts.hosts.flatMap { host in
            host.interfaces.filter { interface in !joint.contains { $0.contains(interface) } }.map { (host.name, $0) }
        }
        guard !misleading.isEmpty else { return [.ok("all interfaces of all hosts are in \(list(joint))")] }
        let shown = misleading.prefix(4).map { "\($1.name) (\($1.address)) of \($0)" }.joined(separator: ", ")
        let more = misleading.count > 4 ? " and \(misleading.count - 4) more" : ""
        return [
            .warning(
                "\(shown)\(more): traffic may be sent where not all hosts are",
                "export OMPI_MCA_btl_tcp_if_include=\(subnet) OMPI_MCA_oob_tcp_if_include=\(subnet)")
        ]
    }

    /// The networks in which each host has an address of its own, the first ones that the first host has.
    static func subnets(joining hosts: [HostFacts]) -> [Subnet] {
        guard let first = hosts.first else { return [] }
        var found: [Subnet] = []
        for interface in first.interfaces {
            guard let subnet = Subnet(interface), !found.contains(subnet), !isForContainers(interface.name) else { continue }
            let addresses = hosts.map { host in host.interfaces.first { subnet.contains($0) }?.address }
            // A bridge for containers has one address on all hosts.
            guard !addresses.contains(nil), Set(addresses).count == hosts.count else { continue }
            found.append(subnet)
        }
        return found
    }

    /// Bridges and tunnels that container and virtual machine software makes for one host's own use.
    private static func isForContainers(_ name: String) -> Bool {
        ["docker", "br-", "virbr", "veth", "cni", "podman", "lxc", "lxd"].contains { name.hasPrefix($0) }
    }

    private static func describe(_ host: HostFacts) -> String {
        "\(host.name) has " + host.interfaces.map { "\($0.name) \($0.address)/\($0.prefix)" }.joined(separator: ", ")
    }

    private static func list(_ subnets: [Subnet]) -> String { subnets.map(\.description).joined(separator: ", ") }
}

/// An IPv4 network, as 10.0.0.0/24.
struct Subnet: Equatable, CustomStringConvertible {
    private let bits: UInt32
    private let prefix: Int

    /// Nil where the address is none.
    init?(_ interface: NetworkInterface) {
        guard let address = Self.bits(interface.address), (0...32).contains(interface.prefix) else { return nil }
        (bits, prefix) = (address & Self.mask(interface.prefix), interface.prefix)
    }

    func contains(_ interface: NetworkInterface) -> Bool {
        Self.bits(interface.address).map { $0 & Self.mask(prefix) == bits } ?? false
    }

    var description: String {
        "\(NetworkInterface.dotted(bits))/\(prefix)"
    }

    private static func mask(_ prefix: Int) -> UInt32 { prefix == 0 ? 0 : UInt32.max << UInt32(32 - prefix) }

    private static func bits(_ address: String) -> UInt32? {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, !parts.contains(nil) else { return nil }
        return parts.reduce(0) { $0 << 8 | UInt32($1 ?? 0) }
    }
}
