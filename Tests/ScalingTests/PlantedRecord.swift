import Kernels
import Parallelism
import Scaling
import Timing

/// What a rank of a planted run does in a step, in seconds.
struct PlantedWork {
    var data = 0.0
    var forward = 0.010
    var backward = 0.020
    var update = 0.001
    var transfer = 0.0
}

extension StepRecord {
    /// A run of equal steps with one bucket for each of `bucketFloats`, ready at equal distances on the way back.
    ///
    /// - Parameter works: one for each rank; those that come early wait for the last one.
    static func planted(
        _ works: [PlantedWork], hosts: [String]? = nil, steps: Int = 10, samplesPerRank: Int = 32, bucketFloats: [Int] = [1 << 18],
        method: StepRecord.Exchange.Method = .tree, links: [Link] = []
    ) -> StepRecord {
        var buckets: [Bucket] = []
        for floats in bucketFloats { buckets.append(Bucket(firstFloat: buckets.last?.range.upperBound ?? 0, floats: floats)) }
        func ownSeconds(_ work: PlantedWork) -> Double { work.data + work.forward + work.backward + work.update }
        let longest = works.map(ownSeconds).max() ?? 0
        let ranks = works.enumerated().map { rank, work in
            var parts = StepParts()
            (parts.data, parts.forward, parts.backward, parts.update) = (work.data, work.forward, work.backward, work.update)
            (parts.waiting, parts.transfer) = (longest - ownSeconds(work), work.transfer)
            var operations = [TimedOperation("forward micro-batch 0, stages 0..<1", .forward, seconds: work.forward, microBatch: 0)]
            for number in buckets.indices {
                operations.append(
                    TimedOperation("backward \(number)", .backward, seconds: work.backward / Double(buckets.count), microBatch: 0))
                operations.append(TimedOperation("start \(number)", .start, seconds: 0, bucket: number, form: .allReduce))
            }
            for number in buckets.indices {
                operations.append(TimedOperation("finish \(number)", .finish, seconds: 0, bucket: number, form: .allReduce))
                operations.append(TimedOperation("update \(number)", .update, seconds: work.update / Double(buckets.count)))
            }
            return RankSteps(
                host: hosts?[rank] ?? "lab1", samples: samplesPerRank, steps: Array(repeating: parts.sum, count: steps),
                ownWork: Array(repeating: ownSeconds(work), count: steps), parts: parts,
                independentSeconds: parts.sum * Double(steps), operations: operations, sentBytes: works.count > 1 ? 1 << 20 : 0)
        }
        return StepRecord(
            measuredAt: "2026-01-02T03:04:05Z", model: "lenet5", globalBatch: samplesPerRank * works.count, microBatches: 8,
            exchange: .init(works.count > 1 ? method : .none), buckets: buckets, ranks: ranks, links: links)
    }
}

extension ScalingEnvironment {
    static let planted = ScalingEnvironment(
        release: "0.1.0", processor: "a processor", cores: 2, hosts: ["lab1"], mpi: "Open MPI 4.1.4", system: "Linux 6.1",
        peak: [118e9, 117e9])
}
