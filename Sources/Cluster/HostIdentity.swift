import Foundation

/// What tells one set of process numbers from another: the machine, since when it has been running, and the container.
///
/// A name alone does not: virtual machines that were made alike have the same, and so has a machine that was started again.
public struct HostIdentity: Sendable, Equatable, Codable {
    public let name: String
    /// Drawn by the kernel when it starts (random(4), `boot_id`); empty where there is no /proc that tells it.
    public let boot: String
    /// The namespace of process numbers (pid_namespaces(7)); empty where there is no /proc that tells it.
    public let processNamespace: String

    public static let current = HostIdentity(
        name: ProcessInfo.processInfo.hostName,
        boot: ((try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? "")
            .trimmingCharacters(in: .whitespacesAndNewlines),
        processNamespace: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? "")

    public init(name: String, boot: String, processNamespace: String) {
        (self.name, self.boot, self.processNamespace) = (name, boot, processNamespace)
    }

    /// Whether a process number of `other` can be looked up here.
    public func sharesProcesses(with other: HostIdentity) -> Bool {
        self == other && !boot.isEmpty && !processNamespace.isEmpty
    }
}
