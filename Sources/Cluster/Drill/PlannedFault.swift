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

        /// What a report of the failure is to tell.
        var cause: Diagnosis.Cause {
            switch self {
            case .kill, .segv, .memory, .truncated, .flipped, .torn: .lost
            case .stop: .stopped
            case .error, .fullDisk: .failed
            case .slow: .busy
            }
        }

        /// Whether it ends the process that it strikes at once; the others end the job by the deadline, or not at all.
        var endsItsProcess: Bool {
            switch self {
            case .kill, .segv, .error, .memory, .truncated, .flipped, .torn: true
            case .stop, .slow, .fullDisk: false
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
            return PlannedFault(
                kind: kind, ranks: ranks, rank: writesAlone ? 0 : Int(draw[1]) % ranks,
                step: first + Int(draw[2]) % (last - first + 1),
                operation: Int(draw[3] % 1024))
        }
    }

    /// The value of LOCKSTEP_FAULT; nil where the fault comes from outside of the ranks.
    ///
    /// - Parameter milliseconds: what is longer than the deadline.
    func environment(milliseconds: Int) -> String? {
        switch kind {
        case .kill, .truncated, .flipped: "kill:\(rank):\(step):#\(operation)"
        case .segv: "segv:\(rank):\(step):#\(operation)"
        case .stop: "stop:\(rank):\(step):#\(operation)"
        case .error: "throw:\(rank):\(step):#\(operation)"
        case .memory: "memory:\(rank):\(step):#\(operation)"
        case .slow: "slow:\(rank):\(milliseconds)"
        case .torn: "tear:0:\(step)"
        case .fullDisk: nil
        }
    }
}
