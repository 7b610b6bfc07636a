import Foundation

/// The newest checkpoint in a directory by its name, `step-00001234.safetensors`; nil where there is none, or no directory.
func newestCheckpoint(in directory: String) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    // Numbers have eight digits or more.
    return names.filter { $0.hasPrefix("step-") && $0.hasSuffix(".safetensors") }.max { ($0.count, $0) < ($1.count, $1) }
        .map { "\(directory)/\($0)" }
}
