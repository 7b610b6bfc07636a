import Checkpoints
import Diagnostics
import Foundation
import Recorder

/// A seeded series of faults, each planted in a training of its own, that shows whether what Lockstep promises holds on this machine.
public struct Drill {
    public let faults: [PlannedFault]
    private let training: [String]
    /// Of the undisturbed training's last checkpoint.
    private let digest: String
    private let patienceSeconds: Int
    private let directory: String
    private let hosts: DrillHosts?

    /// The training: long enough for several checkpoints, short enough to be run a hundred times.
    private static let (images, batch, epochs, checkpointEvery) = (1280, 64, 3, 10)
    private static var steps: Int { images / batch * epochs }

    private static let longestPatienceWithACut = 20

    /// Makes the data set and trains undisturbed once, for the bytes that all other trainings are to end with.
    ///
    /// - Parameters:
    ///   - kinds: those to strike; a full disk is left out where this process may not mount one, or other hosts would not see it, a cut link
    ///     where there is none to be cut.
    ///   - hosts: nil for this one alone.
    ///   - directory: where all of it is written, on a file system that all hosts share; must not be there yet.
    /// - Throws: `Failure` where the directory is there, or the training fails by itself.
    public init(
        faults count: Int, kinds: [PlannedFault.Kind], rankCounts: [Int], hosts: DrillHosts?, seed: UInt64, deadlineSeconds: Int,
        directory: String
    ) throws {
        // Its jobs are told from those of another drill by where they work.
        (self.directory, self.hosts) = (directory.absolutePath, hosts)
        patienceSeconds = hosts == nil ? deadlineSeconds : max(deadlineSeconds, Lookout.secondsOfHeartbeats)
        guard !FileManager.default.fileExists(atPath: directory) else {
            throw Failure(.usage, "\(directory) is already there: give another directory by --directory, or remove it")
        }
        let kinds = kinds.filter { kind in
            switch kind {
            case .fullDisk: SmallDisk.canBeMade && hosts == nil
            case .link: hosts?.interface != nil
            default: true
            }
        }
        guard !kinds.isEmpty else {
            throw Failure(
                .usage,
                "no fault can be struck: a full disk is mounted by root on this host alone, and a link is cut between hosts, by --hostfile "
                    + "and --cut-interface")
        }
        guard !kinds.contains(.link) || patienceSeconds <= Self.longestPatienceWithACut else {
            throw Failure(
                .usage,
                "--deadline: found \(deadlineSeconds) s, expected at most \(Self.longestPatienceWithACut): a link that is cut comes back "
                    + "after a minute, and the job is to be over before")
        }
        faults = PlannedFault.schedule(
            count, kinds: kinds, rankCounts: rankCounts, steps: Self.steps,
            checkpointEvery: Self.checkpointEvery, seed: seed)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let data = "\(directory)/shapes10"
        let drawing = ["data", "synthesize", data, "--training", "\(Self.images)", "--test", "160"]
        guard try Program(path: Program.ownPath(), arguments: drawing).run() == 0 else {
            throw Failure(.fault, "'\(shellCommand(["lockstep"] + drawing))' failed")
        }
        training = [
            "train", "--model", "lenet5", "--data", data, "--reproducible", "--epochs", "\(Self.epochs)", "--global-batch",
            "\(Self.batch)", "--checkpoint-every", "\(Self.checkpointEvery)", "--deadline", "\(deadlineSeconds)s",
        ]
        let undisturbed = "\(directory)/undisturbed"
        let output = "\(directory)/undisturbed.txt"
        guard try RankLaunch(ranks: 1, arguments: training + ["--run", undisturbed]).run(output: output) == 0 else {
            throw Failure(.fault, "the undisturbed training failed; see \(output)")
        }
        digest = try fileDigest(CheckpointStore(directory: "\(undisturbed)/checkpoints", keep: 1).path(step: Self.steps))
    }

    /// Plants one of the faults. What the training leaves is removed where all went as it should.
    public func strike(_ fault: PlannedFault, number: Int) throws -> DrillOutcome {
        let place = "\(directory)/fault-\(number)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let outcome = try DrillRun(
            training: training, digest: digest, patienceSeconds: patienceSeconds, directory: place, hosts: hosts
        ).outcome(of: fault)
        if outcome.isGood { try FileManager.default.removeItem(atPath: place) }
        return outcome
    }
}
