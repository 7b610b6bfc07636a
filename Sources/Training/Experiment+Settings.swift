import Diagnostics
import Foundation

extension Experiment {
    /// Every setting by its path, such as `optimiser.rate`, as JSON text; a list, such as the model's layers, is one text.
    /// - Throws: what Foundation's encoder throws.
    func settings() throws -> [String: String] {
        var settings: [String: String] = [:]
        func walk(_ value: Any, _ path: String) throws {
            if let mapping = value as? [String: Any] {
                for (key, inner) in mapping { try walk(inner, path.isEmpty ? key : "\(path).\(key)") }
            } else {
                // Sorted keys: a list of layers must read the same each time, or it seems to have changed.
                let data = try JSONSerialization.data(
                    withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes])
                settings[path] = String(decoding: data, as: UTF8.self)
            }
        }
        try walk(try JSONSerialization.jsonObject(with: Data(canonicalJSON(self).utf8)), "")
        return settings
    }
}
