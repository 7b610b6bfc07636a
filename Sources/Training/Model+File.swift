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
    public func yaml() throws -> String {
        let encoder = YAMLEncoder()
        encoder.options.width = 120
        return try encoder.encode(self)
    }
}
