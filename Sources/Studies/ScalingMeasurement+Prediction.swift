import Cluster
import Diagnostics
import Foundation
import Scaling

extension ScalingMeasurement {
    /// Predicts the points of more ranks, and powers of two up to 1,024, from those of the fewest, which are measured for it first, and
    /// writes the predictions down before anything that they predict is measured.
    ///
    /// - Returns: why there are none, where a network is missing to predict with; nil where there are some, or nothing is to be predicted.
    mutating func predict() throws -> String? {
        let counts = Set(request.rankCounts).filter { $0 > 1 }.sorted()
        guard let fewest = counts.first, request.recipe.execution.parallelism != .hybrid else { return nil }
        do {
            let times = try NetworkMeasurement(hosts: request.hosts, output: directory.output("network")).times()
            record.network = try NetworkModel(fitting: times, link: request.link)
        } catch let failure as Failure where failure.kind == .usage {
            return failure.description
        }
        guard let network = record.network else { return nil }
        try take("to predict from") { $0.ranks <= fewest && !$0.areCopies }
        let now = ISO8601DateFormatter().string(from: Date())
        for mode in request.modes {
            let predictor = try Predictor(record.points, mode: mode, network: network)
            let asked = jobs.filter { job in
                job.ranks > fewest && !job.areCopies && job.places.contains { $0.mode == mode }
            }
            let points = asked.map { job in
                predictor.prediction(
                    ranks: job.ranks, ranksPerNode: ranksPerNode(of: job), globalBatch: job.globalBatch,
                    microBatches: job.microBatches, madeAt: now)
            }
            let curve = predictor.curve(ranksPerNode: slots, madeAt: now)
            record.predictions += points + curve.filter { one in !asked.contains { $0.ranks == one.ranks } }
        }
        try directory.write(record)
        return nil
    }

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
