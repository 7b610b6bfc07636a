/// Whether the plan fits into what each host has.
enum MemoryChecks {
    /// Beyond its file system's room, the first touch of a window ends a rank with SIGBUS.
    static func sharedMemory(_ facts: ClusterFacts) -> [Finding] {
        var findings: [Finding] = []
        var least: Double?
        for (host, ranks) in facts.ranksOfHosts {
            guard let space = host.sharedMemory else {
                findings.append(.error("\(host.name) has no /dev/shm", "mount -t tmpfs tmpfs /dev/shm"))
                continue
            }
            least = min(least ?? space.free, space.free)
            // A quarter more for what Open MPI itself keeps there.
            let needed = facts.plan.map { 1.25 * $0.sharedBytes * Double(ranks) } ?? 64e6
            guard space.free < needed else { continue }
            let found = "/dev/shm of \(host.name) has \(bytes(space.free)) left"
            let size = "\(Int(((needed + space.total - space.free) / 1e9).rounded(.up)))G"
            let mending = "mount -o remount,size=\(size) /dev/shm; for a container, docker run --shm-size=\(size)"
            findings.append(
                facts.plan == nil
                    ? .warning("\(found), the little that containers have by default", mending)
                    : .error("\(found); \(count(ranks, "rank")) there take \(bytes(needed))", mending))
        }
        guard findings.isEmpty else { return findings }
        return [
            least.map { .ok("/dev/shm has \(bytes($0)) left") } ?? .unknown("no host told its /dev/shm", "see mpirun and hosts")
        ]
    }

    /// A recipe whose batch cannot be divided over so many ranks is refused by every one of them.
    static func recipe(_ facts: ClusterFacts) -> [Finding] {
        if let failure = facts.planFailure { return [.error(failure, "change the recipe, its data or -np")] }
        guard facts.plan != nil else { return [unplanned] }
        return [.ok("\(facts.request.recipe ?? "it") can be divided over \(count(facts.request.ranks, "rank"))")]
    }

    static func memory(_ facts: ClusterFacts) -> [Finding] {
        guard let plan = facts.plan else { return facts.planFailure == nil ? [unplanned] : [.unknown("no plan", "see recipe")] }
        var findings: [Finding] = []
        for (index, (host, ranks)) in facts.ranksOfHosts.enumerated() {
            // Rank 0, on the first host, holds the copy that a checkpoint is written from.
            let needed = plan.rankBytes * Double(ranks) + (index == 0 ? plan.checkpointBytes : 0)
            let found =
                "\(count(ranks, "rank")) of \(bytes(plan.rankBytes)) each on \(host.name), which has \(bytes(host.memory.free)) free"
            let mending = "--micro-batches higher or --global-batch lower, or fewer ranks on a host"
            if needed > host.memory.total {
                findings.append(.error(found, mending))
            } else if needed > 0.9 * host.memory.free {
                findings.append(.warning(found, mending))
            }
        }
        guard findings.isEmpty else { return findings }
        return [.ok("\(bytes(plan.rankBytes)) for each rank")]
    }

    private static let unplanned = Finding.unknown("no recipe with its data was named", "lockstep doctor RECIPE --data DIR")
}
