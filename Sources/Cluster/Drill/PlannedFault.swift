import Random
import Recorder

/// One fault of a drill: what is to go wrong, on how many ranks, on which of them, and when.
public struct PlannedFault: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// SIGKILL, as by the kernel when memory runs out, or by hand.
        case kill
        /// An illegal access to memory.
        case segv
        /// SIGSTOP: the process is there and does nothing.
        case stop
        /// An error that one rank meets alone.
        case error
        /// A limit on memory, reached.
        case memory
        /// A rank that takes longer than the deadline over a step.
        case slow
        /// A disk that is full from some checkpoint on.
        case fullDisk = "full disk"
        /// The newest checkpoint cut short, after a kill.
        case truncated = "short checkpoint"
        /// A bit of the newest checkpoint turned over, after a kill.
        case flipped = "flipped bit"
        /// SIGKILL while a checkpoint is being written.
        case torn = "kill in a write"
        /// A host's network interface that is down for a minute; between hosts alone.
        case link = "cut link"

        /// What a report of the failure may tell; of a rank that is alone on another host nobody sees why it is silent.
        var causes: Set<Diagnosis.Cause> {
            switch self {
            case .kill, .segv, .memory, .truncated, .flipped, .torn: [.lost]
            case .stop: [.stopped, .silent]
            case .error, .fullDisk: [.failed]
            case .slow: [.busy]
            case .link: [.silent]
            }
        }

        /// Whether it ends the process that it strikes at once; the others end the job by the deadline, or not at all.
        var endsItsProcess: Bool {
            switch self {
            case .kill, .segv, .error, .memory, .truncated, .flipped, .torn: true
            case .stop, .slow, .fullDisk, .link: false
            }
        }
    }

    public let kind: Kind
    public let ranks: Int
    public let rank: Int
    /// From 1.
    public let step: Int
    /// The number of an operation of the step program, which begins again where there are fewer.
    public let operation: Int

    /// So many faults, each kind in turn, the rest drawn by the seed.
    ///
    /// - Parameters:
    ///   - steps: those of the training, of which the first and the last tenth are spared.
    ///   - checkpointEvery: where damage to a checkpoint is planned, three have been begun before, and so two are on disk.
    static func schedule(
        _ count: Int, kinds: [Kind], rankCounts: [Int], steps: Int, checkpointEvery: Int, seed: UInt64
    ) -> [PlannedFault] {
        let draws = CounterGenerator(seed: seed, purpose: .drill)
        return (0..<count).map { index in
            let draw = draws.block(UInt32(truncatingIfNeeded: index), 0, 0)
            let kind = kinds[index % kinds.count]
            let ranks = rankCounts[Int(draw[0]) % rankCounts.count]
            let writesAlone = kind == .torn || kind == .fullDisk
            let first = max(steps / 10, kind == .truncated || kind == .flipped ? 3 * checkpointEvery + 1 : 1) + 1
            let last = steps - max(steps / 10, checkpointEvery + 1)
            // Where the link of rank 0's host is cut, all others are missed.
            let rank = kind == .link ? 1 + Int(draw[1]) % max(1, ranks - 1) : Int(draw[1]) % ranks
            return PlannedFault(
                kind: kind, ranks: ranks, rank: writesAlone ? 0 : rank,
                step: first + Int(draw[2]) % (last - first + 1),
                operation: Int(draw[3] % 1024))
        }
    }

    /// The value of LOCKSTEP_FAULT; nil where the fault comes from outside of the ranks.
    ///
    /// - Parameters:
    ///   - milliseconds: what is longer than the deadline.
    ///   - interface: what a host is reached by.
    func environment(milliseconds: Int, interface: String?) -> String? {
        switch kind {
        case .kill, .truncated, .flipped: "kill:\(rank):\(step):#\(operation)"
        case .segv: "segv:\(rank):\(step):#\(operation)"
        case .stop: "stop:\(rank):\(step):#\(operation)"
        case .error: "throw:\(rank):\(step):#\(operation)"
        case .memory: "memory:\(rank):\(step):#\(operation)"
        case .slow: "slow:\(rank):\(milliseconds)"
        case .torn: "tear:0:\(step)"
        case .link: interface.map { "cut:\(rank):\(step):\($0)" }
        case .fullDisk: nil
        }
    }
}
