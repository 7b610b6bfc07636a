import Diagnostics
import Yams

/// A setting of a recipe by its dotted path, and its value as YAML.
///
/// A path leads from the experiment, or from the execution: `optimiser.rate`, `model.channels`, `bucket-size`; a number leads into a list.
public struct RecipeSetting: Sendable, Hashable, Codable {
    public let path: String
    public let value: String

    public init(_ path: String, _ value: String) { (self.path, self.value) = (path, value) }
}

extension Recipe {
    /// The recipe with these settings over its own.
    ///
    /// - Throws: `Failure.usage` that names the setting, with the nearest known name where there is no such setting.
    public func with(_ settings: [RecipeSetting]) throws -> Recipe {
        guard var root = try compose(yaml: canonicalJSON(self)) else { return self }
        for setting in settings {
            let value: Node?
            do { value = try compose(yaml: setting.value) } catch {
                throw Failure(.usage, "\(setting.path): '\(setting.value)' is no value: \(error)")
            }
            try root.set(Self.keys(of: setting.path)[...], to: value ?? Node("null"), in: setting.path)
        }
        let name = settings.map { "\($0.path)=\($0.value)" }.joined(separator: ", ")
        return try Recipe.parse(serialize(node: root), name: settings.isEmpty ? "recipe" : name)
    }

    /// The path's parts from the top of a recipe.
    private static func keys(of path: String) throws -> [String] {
        let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let (experiment, execution) = (
            Experiment.CodingKeys.allCases.map(\.rawValue), Execution.CodingKeys.allCases.map(\.rawValue)
        )
        let halves = Recipe.CodingKeys.allCases.map(\.rawValue)
        if halves.contains(keys[0]) { return keys }
        if experiment.contains(keys[0]) { return [Recipe.CodingKeys.experiment.rawValue] + keys }
        if execution.contains(keys[0]) { return [Recipe.CodingKeys.execution.rawValue] + keys }
        throw Failure(
            .usage,
            "unknown setting '\(path)': \(suggestion(for: keys[0], among: experiment + execution))known ones begin with "
                + (experiment + execution).joined(separator: ", "))
    }
}

extension Node {
    /// Puts a value at a path; mappings on the way are made where they are not there.
    fileprivate mutating func set(_ keys: ArraySlice<String>, to value: Node, in path: String, under holder: String = "") throws {
        guard let key = keys.first else {
            self = value
            return
        }
        if var list = sequence {
            guard let index = Int(key), list.indices.contains(index) else {
                throw Failure(.usage, "\(path): found '\(key)', expected a place in a list of \(list.count), from 0")
            }
            try list[index].set(keys.dropFirst(), to: value, in: path, under: key)
            self = .sequence(list)
            return
        }
        var mapping = mapping ?? shortForm(under: holder)
        var inner = mapping[Node(key)] ?? .mapping([:])
        try inner.set(keys.dropFirst(), to: value, in: path, under: key)
        mapping[Node(key)] = inner
        self = .mapping(mapping)
    }

    /// What a bare name stands for as a mapping: a model's for its name, which keeps its place beside its options; any other, such as a
    /// loss's, for one of several, which the path names anew.
    private func shortForm(under holder: String) -> Mapping {
        guard holder == Experiment.CodingKeys.model.rawValue, let name = scalar?.string else { return [:] }
        return ["name": Node(name)]
    }
}
