import Parallelism
import Timing

/// What every rank does in a simulated step.
struct SimulatedProgram {
    enum Action {
        /// Computes; where it polls, buckets under way go on meanwhile.
        case compute(polls: Bool)
        /// Computes what a bucket's beginning takes, and begins it.
        case start(bucket: Int, ExchangeForm)
        /// Waits until the bucket is through.
        case finish(bucket: Int)
        /// Waits for an MPI_Allreduce of so many bytes.
        case collective(bytes: Int)
    }

    struct Operation {
        let action: Action
        /// Of the rank itself; 0 where it only waits.
        let seconds: Double
    }

    struct Bucket {
        /// That a rank has of it, in memory.
        let bytes: Int
        /// What a host sends in either half of the exchange.
        let partialSums: ExchangeTraffic.Volley
        let sums: ExchangeTraffic.Volley

        init(bytes: Int, partialSums: ExchangeTraffic.Volley, sums: ExchangeTraffic.Volley) {
            (self.bytes, self.partialSums, self.sums) = (bytes, partialSums, sums)
        }

        init(_ bucket: StepRecord.Bucket, _ traffic: ExchangeTraffic) {
            let own = ExchangeBucket(bucket.range, wire: bucket.wire)
            self.init(bytes: bucket.bytes, partialSums: traffic.partialSums(of: own), sums: traffic.sums(of: own))
        }
    }

    var operations: [Operation]
    var buckets: [Bucket]
    var nodes: Int
    var ranksPerNode: Int

    /// The rounds of an MPI_Allreduce between nodes: recursive doubling, ⌈log₂ n⌉ rounds of all bytes, up to 10,000 bytes; beyond them a
    /// ring of 2 (n − 1) rounds of an n-th: two of Open MPI's ways. Which one a version of it takes, and from how many bytes on, is its own.
    func rounds(ofCollective bytes: Int) -> (count: Int, bytes: Int) {
        guard nodes > 1 else { return (0, 0) }
        return bytes <= 10_000 ? (Self.doublings(nodes), bytes) : (2 * (nodes - 1), (bytes + nodes - 1) / nodes)
    }

    /// ⌈log₂ count⌉.
    static func doublings(_ count: Int) -> Int { count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount }
}
