import Cluster
import Diagnostics
import Foundation
import Scaling

extension ScalingMeasurement {
    /// Predicts all points of several ranks, and powers of two up to 1,024, from what a rank's share of a batch takes it alone, and writes
    /// the predictions down before anything that they predict is measured.
    ///
    /// - Returns: why there are none, where a network is missing to predict with; nil where there are some, or nothing is to be predicted.
    mutating func predict() throws -> String? {
        let counts = Set(request.rankCounts).filter { $0 > 1 }.sorted()
        guard let fewest = counts.first, request.recipe.execution.parallelism != .hybrid else { return nil }
        do {
            let measurement = NetworkMeasurement(
                hosts: request.hosts, binding: binding, isSlept: request.replays, output: directory.output("network"))
            let nodes = jobs.compactMap { ranksPerNode(of: $0) == 1 ? $0.ranks : nil }
            record.sums = try request.sums ?? measurement.times(nodes: Set(nodes))
            record.network = try NetworkModel(fitting: record.sums, link: request.link)
        } catch let failure as Failure where failure.kind == .usage {
            return failure.description
        }
        guard let network = record.network else { return nil }
        let together = jobs.filter { $0.ranks > 1 && !$0.areCopies }
        var shares: [ComputeShare: MeasuredShare] = [:]
        for job in together where shares[job.share] == nil {
            shares[job.share] = try measureShare(job.share, ranks: fewest, turns: min(request.turns, Self.mostShareTurns))
        }
        let now = Date().ISO8601Format()
        let experiment = request.recipe.experiment
        for mode in request.modes {
            let asked = together.filter { job in job.places.contains { $0.mode == mode } }
            let predictor = try Predictor(
                asked.compactMap { shares[$0.share] }, mode: mode, globalBatch: experiment.globalBatch,
                microBatches: experiment.microBatches, network: network)
            let points = asked.map { job in
                let perNode = ranksPerNode(of: job)
                let own = perNode == 1 && request.link == nil ? record.sums.network(ofNodes: job.ranks) : nil
                return predictor.prediction(ranks: job.ranks, ranksPerNode: perNode, over: own, madeAt: now)
            }
            let curve = predictor.curve(ranksPerNode: slots, madeAt: now)
            record.predictions += points + curve.filter { one in !asked.contains { $0.ranks == one.ranks } }
        }
        try directory.write(record)
        return nil
    }

    private static let mostShareTurns = 3

    /// As mpirun places them: one host's slots after the other's. Nil for as many as were measured.
    private func ranksPerNode(of job: ScalingJob) -> Int? {
        guard let hosts = request.hosts else { return job.ranks }
        return hosts.hosts.first?.slots.map { min($0, job.ranks) }
    }

    /// Ranks of a node of a larger machine: as many as the first host takes, or this one has cores.
    private var slots: Int? {
        guard let hosts = request.hosts else { return Cores.physical }
        return hosts.hosts.first?.slots
    }
}
