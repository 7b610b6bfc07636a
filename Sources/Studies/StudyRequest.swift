import Datasets
import Diagnostics
import Foundation
import Training

/// What a user asks of a study that comes with Lockstep; nil is the study's own.
public struct StudyRequest: Sendable {
    public var dataset: Dataset
    public var seeds = 1
    public var epochs: Int?
    /// Ends in about ten minutes, for a first look.
    public var isQuick = false
    /// The share of the training images.
    public var subset: Double?
    /// What all trials share and is not the study's own, such as the model's width.
    public var settings: [RecipeSetting] = []
    public var search = Search()

    /// Of steps-to-target.
    public struct Search: Sendable {
        public var preset = StepsToTargetPreset.Name.mlp
        public var batches: [Int]?
        public var methods: [SearchSpace.Method]?
        /// Trials of each batch size and method.
        public var trials: Int?
        public var rates: ClosedRange<Double>?
        public var frictions: ClosedRange<Double>?
        public var goal: Double?
        /// Settings over whose values the same search is made, such as the model's width.
        public var workloads: [VaryStudy.Axis] = []
        public init() {}
    }

    public init(dataset: Dataset) { self.dataset = dataset }

    /// A recipe on the data at hand.
    func recipe(_ experiment: Experiment) throws -> Recipe {
        var experiment = experiment
        if let subset { experiment.split.subset = subset }
        var recipe = Recipe(experiment: experiment)
        recipe.execution.data = URL(fileURLWithPath: dataset.directory).standardizedFileURL.path
        recipe.execution.logEvery = 0
        recipe.execution.keep = 1
        recipe = try recipe.with(settings)
        recipe.experiment.data = try recipe.experiment.resolved(with: dataset).data
        return recipe
    }
}
