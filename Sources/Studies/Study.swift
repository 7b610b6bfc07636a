import Diagnostics
import Training

/// A question that many runs answer: what they are, and how their results are looked at.
public struct Study: Sendable, Equatable, Codable {
    /// Also the beginning of its directory's name.
    public let name: String
    public let question: String
    /// What the report or paper behind it concluded; empty where there is none.
    public let reported: String
    public let analysis: Analysis
    public let milestone: Milestone?
    /// What its page draws over epochs; nil for accuracy alone.
    public let curves: [Curve]?
    /// Trials whose steps are timed on one rank and on two, once all have ended.
    public let speedUpTrials: [String]?
    public let trials: [Trial]

    /// How results become conclusions.
    public enum Analysis: Sendable, Equatable, Codable {
        /// Along the values of one numeric setting, in their order: does the result rise, fall, both, or neither?
        case trend(path: String)
        /// Each point against the first one; with a setting, against the first of those that have its value of that setting, and these first
        /// ones against each other.
        case baseline(within: String?)
        /// All points against each other.
        case comparison
        /// Steps to a goal against batch size.
        case stepsToTarget(Target)
    }

    public enum Curve: String, Sendable, Codable {
        case accuracy, loss
        /// Of the batches' losses within an epoch, and of the loss over seeds.
        case variance
    }

    /// What steps-to-target asks for.
    public struct Target: Sendable, Equatable, Codable {
        /// The validation error to come strictly below.
        public let goal: Double
        public let space: SearchSpace
    }

    public init(
        name: String, question: String, reported: String = "", analysis: Analysis, milestone: Milestone? = nil,
        curves: [Curve]? = nil, speedUpTrials: [String]? = nil, trials: [Trial]
    ) {
        (self.name, self.question, self.reported) = (name, question, reported)
        (self.analysis, self.milestone) = (analysis, milestone)
        (self.curves, self.speedUpTrials, self.trials) = (curves, speedUpTrials, trials)
    }

    /// Whether another asks for the same trials and looks at them the same way, whatever words and drawings it has for them.
    public func isSame(as other: Study) -> Bool {
        name == other.name && analysis == other.analysis && milestone == other.milestone && trials == other.trials
    }

    /// The paths that vary, in the order in which they first appear.
    public var factors: [String] {
        var seen: [String] = []
        for trial in trials { for setting in trial.settings where !seen.contains(setting.path) { seen.append(setting.path) } }
        return seen
    }

    public var hasSeries: Bool { trials.contains { !$0.series.isEmpty } }

    /// The points, in the order of their first trials.
    public var points: [StudyPoint] {
        var seen: Set<StudyPoint> = []
        return trials.map(StudyPoint.init).filter { seen.insert($0).inserted }
    }

    public var seedCount: Int { Set(trials.map(\.seed)).count }
}

/// A point before its seeds are given: what to set over a study's recipe.
public struct Variation: Sendable, Equatable {
    public let series: String
    /// What varies, which names the point.
    public let settings: [RecipeSetting]
    /// What is set in the recipe, where that is not the same.
    public let applied: [RecipeSetting]

    public init(_ settings: [RecipeSetting], applied: [RecipeSetting]? = nil, series: String = "") {
        (self.settings, self.applied, self.series) = (settings, applied ?? settings, series)
    }
}

extension Study {
    /// Trials of every variation at every seed, all of one seed before the next, so that a study that is stopped has whole curves.
    ///
    /// - Throws: `Failure.usage` where a setting is unknown, or a recipe cannot be trained.
    static func trials(of variations: [Variation], over recipe: Recipe, seeds: Int) throws -> [Trial] {
        let width = max(3, String(variations.count * seeds).count)
        var trials: [Trial] = []
        for seed in 0..<UInt64(seeds) {
            for variation in variations {
                var changed = try recipe.with(variation.applied)
                changed.experiment.seed &+= seed
                changed.execution.run = nil
                try changed.validate()
                let number = String(trials.count + 1)
                trials.append(
                    Trial(
                        name: "trial-" + String(repeating: "0", count: width - number.count) + number, series: variation.series,
                        settings: variation.settings, recipe: changed))
            }
        }
        return trials
    }
}
