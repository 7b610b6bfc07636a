import Checkpoints
import Diagnostics
import Foundation
import Recorder

/// What a planned fault did to a training, and what was left of that in the end.
public struct DrillOutcome: Sendable {
    public let fault: PlannedFault
    /// The reason in the failure report; nil where there was none.
    public let told: String?
    /// Whether the report names the rank at fault and what befell it.
    public let isToldRightly: Bool
    /// From the last sign of life of the rank at fault to the end of mpirun, in seconds; nil where the fault does not end its process.
    public let secondsToTheEnd: Double?
    /// Whether the job ended by itself, and left no process behind.
    public let isOver: Bool
    /// The step of the checkpoint that training went on from; nil where it began anew.
    public let recoveredFrom: Int?
    /// Whether the last checkpoint is that of an undisturbed training, byte for byte.
    public let isSame: Bool

    public var isGood: Bool { isToldRightly && isOver && isSame }
}

/// A training that is run again and again, each time disturbed in another way.
struct DrillRun {
    /// Arguments of `train` but for the run directory.
    let training: [String]
    /// Of the undisturbed training's last checkpoint.
    let digest: String
    /// How long ranks wait for one that holds them up before they end the job.
    let patienceSeconds: Int
    /// Where the run directory is made, and what the jobs write.
    let directory: String
    let hosts: DrillHosts?

    private var run: String { "\(directory)/run" }
    private var checkpoints: String { "\(run)/checkpoints" }
    /// Longer than any job of the drill takes that does not hang.
    private static let patience = 120.0
    /// As the ranks' planted faults have it.
    private static let secondsOfACutLink = 60.0

    /// - Throws: where the drill itself cannot be carried out.
    func outcome(of fault: PlannedFault) throws -> DrillOutcome {
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
        let disk = fault.kind == .fullDisk ? try SmallDisk(at: run) : nil
        defer { disk?.remove() }
        let isOver = try job(
            "first", ranks: fault.ranks,
            fault: fault.environment(milliseconds: patienceSeconds * 3000, interface: hosts?.interface))
        let end = Date().timeIntervalSince1970
        let report = try FailureReport.read("\(run)/failure.json")
        let record = try? FlightRecord.read("\(run)/recorders/rank-\(fault.rank).recorder")
        let seconds = record.map { end - Double($0.lastNews) / 1e9 }
        let isBeforeTheMend = fault.kind != .link || seconds.map { $0 < Self.secondsOfACutLink } ?? false
        let noneLeft = try noneIsLeft()
        try damageNewest(fault)
        try disk?.enlarge()
        let resumable = try newest() != nil
        let isOverAgain = try job("second", ranks: fault.ranks, fault: nil)
        return DrillOutcome(
            fault: fault, told: report?.reason,
            isToldRightly: report.map { $0.culprits == [fault.rank] && fault.kind.causes.contains($0.cause) } ?? false,
            secondsToTheEnd: fault.kind.endsItsProcess ? seconds : nil,
            isOver: isOver && isBeforeTheMend && noneLeft && isOverAgain, recoveredFrom: resumable ? try resumedStep() : nil,
            isSame: try newest().map(fileDigest) == digest)
    }

    /// Has the training run to its end or to that of its fault; whether it came to one by itself.
    private func job(_ name: String, ranks: Int, fault: String?) throws -> Bool {
        var environment = ProcessInfo.processInfo.environment
        environment[RankLaunch.plantedFault] = fault
        let launch = Program(
            path: try Program.ownPath(),
            arguments: ["launch", "-np", "\(ranks)", "--max-restarts", "0"] + (hosts.map { ["--hostfile", $0.file.path] } ?? [])
                + ["--"] + training + ["--run", run],
            environment: environment, output: .file("\(directory)/\(name).txt"))
        let ending = JobEnding()
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + Self.patience, repeating: 10)
        timer.setEventHandler { ending.ask() }
        timer.resume()
        defer { timer.cancel() }
        _ = try launch.run(ending: ending)
        return !ending.isAsked
    }

    /// Whether the jobs have left no process, on any host; those that they have are ended.
    private func noneIsLeft() throws -> Bool {
        guard let file = hosts?.file else { return try !HostProcess.endAll(workingOn: run) }
        let end = Date(timeIntervalSinceNow: Self.patience)
        while file.reachable() != file.hosts {
            guard Date() < end else {
                throw Failure(.fault, "hosts of \(file.path) cannot be reached, though the link that was cut is to be up again")
            }
        }
        // A host after the other: mpirun ends all that it has started where one of them fails.
        return try file.hosts.map { host in
            let launch = RankLaunch(
                ranks: 1, arguments: ["drill-leftovers", run], hosts: try Hostfile(writing: [host], to: "\(directory)/host"))
            return try launch.run(output: "\(directory)/leftovers.txt") == 0
        }.allSatisfy { $0 }
    }

    private func newest() throws -> String? {
        let store = CheckpointStore(directory: checkpoints, keep: 1)
        return try store.steps().last.map(store.path)
    }

    private func damageNewest(_ fault: PlannedFault) throws {
        guard fault.kind == .truncated || fault.kind == .flipped else { return }
        guard let path = try newest(), var bytes = FileManager.default.contents(atPath: path), !bytes.isEmpty
        else {
            throw Failure(.fault, "the drill found no checkpoint to damage in \(checkpoints)")
        }
        let place = fault.operation * bytes.count / 1024
        if fault.kind == .truncated {
            bytes = bytes.prefix(place)
        } else {
            bytes[bytes.startIndex + place] ^= 1 << (fault.step % 8)
        }
        // The best checkpoint may be another name of this one.
        try FileManager.default.removeItem(atPath: path)
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    /// Where the second job says that it went on from.
    private func resumedStep() throws -> Int? {
        let text = try String(contentsOfFile: "\(directory)/second.txt", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("resumed from ") }) else { return nil }
        return line.split(separator: " ").last.flatMap { Int($0) }
    }
}
