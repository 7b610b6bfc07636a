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
        for mode in request.modes {
            let predictor = try Predictor(record.points, mode: mode, network: network)
            for job in jobs where job.ranks > fewest && !job.areCopies && job.places.contains(where: { $0.mode == mode }) {
                record.predictions.append(
                    predictor.prediction(
                        ranks: job.ranks, globalBatch: job.globalBatch, microBatches: job.microBatches,
                        madeAt: ISO8601DateFormatter().string(from: Date())))
            }
            let asked = record.predictions.filter { $0.mode == mode }.map(\.ranks)
            record.predictions += predictor.curve(madeAt: ISO8601DateFormatter().string(from: Date())).filter {
                !asked.contains($0.ranks)
            }
        }
        try directory.write(record)
        return nil
    }
}
