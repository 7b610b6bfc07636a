import Foundation

/// The memory of this process that stands in RAM, as Linux counts it in /proc/self/status.
struct ResidentMemory {
    private let start: Int?

    /// Lets the kernel's record of the largest size begin anew.
    init() {
        // 5 resets VmHWM (proc(5)); where it cannot be written, the record goes on, and only growth beyond it is seen.
        try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
        start = Self.bytes("VmRSS")
    }

    /// The largest size since then beyond what it was, in bytes; nil where the system does not tell.
    var peakGrowth: Int? {
        guard let start, let peak = Self.bytes("VmHWM") else { return nil }
        return max(0, peak - start)
    }

    private static func bytes(_ name: String) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 * 1_024 }
    }
}
