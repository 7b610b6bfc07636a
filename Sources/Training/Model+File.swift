import Diagnostics
import Foundation
import Networks
import Yams

extension Model {
    /// Reads a model of a user's own: `input`, `classes` and `layers` in YAML.
    /// - Throws: `Failure` with the path of the setting that is wrong.
    public static func read(_ path: String) throws -> Model {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure(.badData, "model \(path): cannot be read as UTF-8 text")
        }
        return try Recipe.decode(Model.self, from: text, name: path)
    }

    /// The model as the YAML that a user could have written.
    public func yaml() throws -> String { try readableYAML(self) }
}

/// YAML as people write it: Yams gives every number that is not whole an exponent, 0.1 as 1e-1.
func readableYAML(_ value: some Encodable) throws -> String {
    let text = try YAMLEncoder().encode(value)
    return text.replacing(#/(?<lead>[:\-] )(?<number>-?[0-9.]+e[+\-]?[0-9]+)$/#.anchorsMatchLineEndings()) { match in
        match.lead + (Double(match.number).map { "\($0)" } ?? match.number)
    }
}
