import Foundation

/// Whether a run finds its files again, and has room for them.
enum StorageChecks {
    /// Rank 0 writes checkpoints, and any host may be rank 0's the next time.
    static func runDirectory(_ facts: ClusterFacts) -> [Finding] {
        guard !facts.hosts.isEmpty else { return [.unknown("no host tried \(facts.request.place)", "see mpirun and hosts")] }
        let failures: [Finding] = facts.hosts.compactMap { host in
            host.run.failure.map {
                .error(
                    "\(host.name): \($0) in \(host.run.tried)",
                    "give a directory by --run that can be written, and whose files can be renamed")
            }
        }
        guard failures.isEmpty else { return failures }
        guard facts.hosts.count > 1 else { return [.ok("\(facts.request.place): writing, fsync and rename work")] }
        guard facts.hosts.allSatisfy({ $0.run.hasMark != nil }) else {
            return [
                .unknown(
                    "whether \(facts.request.place) is shared: this host cannot leave a mark there for the others to find",
                    "--run on a file system that all hosts share")
            ]
        }
        let without = facts.hosts.filter { $0.run.hasMark == false }.map(\.name)
        guard without.isEmpty else {
            return [
                .warning(
                    "\(facts.request.place) is not the same directory on \(without.joined(separator: ", ")): a run can be resumed only where rank 0 was",
                    "--run on a file system that all hosts share")
            ]
        }
        return [.ok("\(facts.request.place) is shared; writing, fsync and rename work on every host")]
    }

    static func disks(_ facts: ClusterFacts) -> [Finding] {
        var findings: [Finding] = []
        let kept = facts.plan.map { Double($0.keptCheckpoints + 2) * $0.checkpointBytes }
        for host in facts.hosts {
            findings += problem(
                host.run, of: host.name, needed: kept, "checkpoints", "--run on a larger disk, or --keep fewer checkpoints")
            findings += problem(
                host.temporary, of: host.name, needed: nil, "Open MPI's session", "export TMPDIR=DIR on a larger disk")
        }
        guard findings.isEmpty else { return findings }
        guard let space = facts.hosts.first?.run.space else { return [.unknown("no host told its disks", "see mpirun and hosts")] }
        let need = kept.map { ", and checkpoints take \(bytes($0))" } ?? ""
        return [.ok("\(bytes(space.free)) are free for the run directory\(need)")]
    }

    /// Of a directory whose disk is nearly full, or has no room for `needed` bytes.
    private static func problem(
        _ directory: DirectoryFacts, of host: String, needed: Double?, _ what: String, _ remedy: String
    ) -> [Finding] {
        guard let space = directory.space else { return [] }
        let place = "\(directory.tried) of \(host) has \(bytes(space.free)) left of \(bytes(space.total))"
        if let needed, space.free < needed { return [.error("\(place); \(what) take \(bytes(needed))", remedy)] }
        if space.free < 16e6 { return [.error("\(place): too little for \(what)", remedy)] }
        let isNearlyFull = space.free < 0.05 * space.total && space.free < 20e9 || space.free < 256e6
        return isNearlyFull ? [.warning("\(place): nearly full", remedy)] : []
    }
}

/// As people read it: 64.0 MB, 1.5 GB.
func bytes(_ count: Double) -> String {
    let (unit, name) = count < 1e6 ? (1e3, "kB") : count < 1e9 ? (1e6, "MB") : (1e9, "GB")
    return String(format: "%.1f %@", count / unit, name)
}
