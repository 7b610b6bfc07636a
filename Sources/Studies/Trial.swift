import Training

/// One run of a study: a complete recipe under a name, and which of its settings are the ones that vary.
public struct Trial: Sendable, Equatable, Codable {
    /// Also the name of its run directory.
    public let name: String
    /// What it is one of, where a study compares several series; empty where there is one.
    public let series: String
    /// What varies, in the order of the study's factors; the seed stands for itself.
    public let settings: [RecipeSetting]
    public let recipe: Recipe

    public var seed: UInt64 { recipe.experiment.seed }

    /// The settings as people read them: `global-batch 32`; what they all belong to where nothing varies.
    public var label: String { Trial.label(of: settings, series: series) }

    static func label(of settings: [RecipeSetting], series: String) -> String {
        let words = settings.map { "\($0.path.split(separator: ".").last ?? "") \($0.value)" }.joined(separator: ", ")
        return words.isEmpty ? (series.isEmpty ? "baseline" : series) : (series.isEmpty ? words : "\(series): \(words)")
    }

    public func value(of path: String) -> String? { settings.first { $0.path == path }?.value }
}

/// A point of a study: what its trials have in common but for the seed.
public struct StudyPoint: Sendable, Hashable {
    public let series: String
    public let settings: [RecipeSetting]

    public init(_ trial: Trial) { (series, settings) = (trial.series, trial.settings) }

    public var label: String { Trial.label(of: settings, series: series) }

    /// Nil where the setting does not vary, or for no setting.
    func value(of path: String?) -> String? { settings.first { $0.path == path }?.value }
}
