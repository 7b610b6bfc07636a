import Cluster
import Diagnostics
import Scaling
import Training

/// What is asked of a scaling measurement.
public struct ScalingRequest: Sendable {
    /// The recipe as the user named it, and as it was read, with what goes over it.
    public var name: String
    public var recipe: Recipe
    /// Different ones, of 1 or more.
    public var rankCounts: [Int]
    public var modes: [ScalingMode]
    /// Turns, in each of which every point is measured once.
    public var turns = 5
    public var steps = 100
    public var warmUp = 10
    /// Nil for this host alone.
    public var hosts: Hostfile?
    /// Whether ranks may be more than cores, and take turns.
    public var oversubscribes = false
    /// Whether computing is slept, by what it took one rank, while the exchange is real.
    public var replays = false
    /// The network to predict with; nil for one that is fitted to sums on the same hosts.
    public var link: NetworkModel.Link?
    /// The sums of another measurement on these hosts, to fit networks to; nil for this measurement's own.
    public var sums: [AllReduceTime]?

    public init(name: String, recipe: Recipe, rankCounts: [Int], modes: [ScalingMode]) {
        (self.name, self.recipe, self.rankCounts, self.modes) = (name, recipe, rankCounts, modes)
    }

    /// - Throws: `Failure.usage` where rank counts, batch and machine do not fit each other.
    public func check() throws {
        let most = rankCounts.max() ?? 1
        if !oversubscribes, let cores = RankLaunch.cores(of: hosts), most > cores {
            throw Failure(
                .usage,
                "--np: found \(most) ranks, \(hosts.map { "\($0.path) has \(cores) slots" } ?? "this machine has \(cores) cores"): "
                    + "ranks that take turns show nothing about speed; --oversubscribe measures them all the same")
        }
        guard modes.contains(.strong) else { return }
        let experiment = recipe.experiment
        for ranks in rankCounts where !experiment.microBatches.isMultiple(of: ranks) {
            throw Failure(
                .usage,
                "strong scaling: \(experiment.microBatches) micro-batches cannot be shared evenly by \(ranks) ranks: "
                    + "set --micro-batches to a multiple of all rank counts, or measure --weak alone")
        }
        for ranks in rankCounts where !experiment.globalBatch.isMultiple(of: ranks) {
            throw Failure(
                .usage,
                "strong scaling: a global batch of \(experiment.globalBatch) cannot be shared evenly by \(ranks) ranks: "
                    + "set --global-batch to a multiple of all rank counts, or measure --weak alone")
        }
    }
}
