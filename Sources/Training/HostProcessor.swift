import Foundation

/// The name that this host's processor gives itself; nil where the system does not tell.
public func hostProcessorName() -> String? {
    guard let text = FileManager.default.contents(atPath: "/proc/cpuinfo").map({ String(decoding: $0, as: UTF8.self) }) else {
        return nil
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
}
