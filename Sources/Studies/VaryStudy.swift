import Diagnostics
import Random
import Training

/// A study of one's own: a recipe, and settings whose values go with each other in every way, or in some drawn ways.
public enum VaryStudy {
    /// A setting and the values to try.
    public struct Axis: Sendable, Equatable {
        public let path: String
        public let values: [String]

        /// - Parameter text: `optimiser.rate=0.1,0.01`; a value may be a list or mapping of its own, such as `[100, 50]`.
        /// - Throws: `Failure.usage` where it is no such thing.
        public init(_ text: String) throws {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw Failure(.usage, "--vary: found '\(text)', expected a setting and its values, such as optimiser.rate=0.1,0.01")
            }
            path = String(text[..<equals])
            values = Self.parts(text[text.index(after: equals)...])
            guard !values.contains(""), Set(values).count == values.count else {
                throw Failure(.usage, "--vary: found '\(text)', expected different values with commas between them")
            }
        }

        /// Cut at the commas that are in no brackets.
        private static func parts(_ text: Substring) -> [String] {
            var (parts, depth) = ([""], 0)
            for character in text {
                if "[{".contains(character) { depth += 1 }
                if "]}".contains(character) { depth -= 1 }
                if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
            }
            return parts.map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
        }
    }

    /// Every combination, the last axis varying fastest.
    static func grid(_ axes: [Axis]) -> [[RecipeSetting]] {
        axes.reduce([[]]) { points, axis in
            points.flatMap { point in axis.values.map { point + [RecipeSetting(axis.path, $0)] } }
        }
    }

    /// - Parameters:
    ///   - draws: so many combinations, drawn without repetition by `seed`; nil for all.
    /// - Throws: `Failure.usage` with the nearest known name where a setting is unknown.
    public static func study(
        _ axes: [Axis], over recipe: Recipe, request: StudyRequest, draws: Int?, seed: UInt64
    ) throws -> Study {
        guard Set(axes.map(\.path)).count == axes.count else { throw Failure(.usage, "--vary: a setting is given twice") }
        var points = grid(axes)
        if let draws {
            try Experiment.check(draws, "--random")
            let order = Permutation(count: points.count, seed: seed, purpose: .study)
            points = (0..<min(draws, points.count)).map { order[$0] }.sorted().map { points[$0] }
        }
        var base = try request.recipe(recipe.experiment)
        let data = base.execution.data
        base.execution = recipe.execution
        base.execution.data = data
        if let epochs = request.epochs { base.experiment.epochs = epochs }
        let isNumeric = axes.count == 1 && axes[0].values.allSatisfy { Double($0) != nil }
        return Study(
            name: "vary",
            question:
                "What comes of \(axes.map { "\($0.path) \(list($0.values))" }.joined(separator: ", and of ")) in \(base.experiment.model.name) "
                + "on \(request.dataset.name)?",
            analysis: isNumeric ? .trend(path: axes[0].path) : .comparison,
            trials: try Study.trials(of: points.map { Variation($0) }, over: base, seeds: request.seeds))
    }
}
