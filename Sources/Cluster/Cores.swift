import Foundation

/// The cores of this host.
public enum Cores {
    /// Physical ones, as Open MPI counts its slots; hardware threads where the system does not tell which of them share a core.
    public static var physical: Int { all.count }

    /// The hardware threads that this process may use, core by core; each a core of its own where the system does not tell which of them
    /// share one.
    public static var all: [[Int]] { cores(ofProcess: "self") }

    /// Those that whoever started this process may use: mpirun, or its daemon on another host, which binds a rank to fewer.
    static var ofLauncher: [[Int]] { cores(ofProcess: "\(getppid())") }

    private static func cores(ofProcess process: String) -> [[Int]] {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let list = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }?.split(separator: "\t").last
        let allowed = list.map { processors(in: String($0)) } ?? Array(0..<ProcessInfo.processInfo.activeProcessorCount)
        var cores: [String: [Int]] = [:]
        for processor in allowed {
            func read(_ file: String) -> String? {
                try? String(contentsOfFile: "/sys/devices/system/cpu/cpu\(processor)/topology/\(file)", encoding: .utf8)
            }
            let core = read("core_id").flatMap { core in read("physical_package_id").map { "\($0) \(core)" } }
            cores[core ?? "processor \(processor)", default: []].append(processor)
        }
        return cores.values.sorted { $0[0] < $1[0] }
    }

    /// The numbers of a list as Linux writes it, such as `0-3,8`.
    static func processors(in list: String) -> [Int] {
        list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }
}
