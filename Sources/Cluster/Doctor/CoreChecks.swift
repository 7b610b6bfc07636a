/// Whether each rank has a core of its own.
enum CoreChecks {
    static func cores(_ facts: ClusterFacts) -> [Finding] {
        var findings: [Finding] = []
        for host in facts.request.hosts {
            guard let slots = host.slots, let found = facts.facts(of: host), slots > found.coreCount else { continue }
            findings.append(
                .warning(
                    "\(facts.request.hostfile ?? "the hostfile") gives \(host.name) \(slots) slots, and it has \(describe(found))",
                    "\(host.name) slots=\(found.coreCount)"))
        }
        for (host, ranks) in facts.ranksOfHosts where ranks > host.coreCount {
            findings.append(
                .error(
                    "\(ranks) ranks on \(describe(host)) of \(host.name): they take turns, and one that waits slows down those that work",
                    "-np \(facts.ranksWithCores), or let them take turns: --oversubscribe --mca mpi_yield_when_idle 1"))
        }
        guard findings.isEmpty else { return findings }
        let placed = facts.ranksOfHosts.map { "\($0.ranks) on \(describe($0.host)) of \($0.host.name)" }
        return placed.isEmpty ? [.unknown("no host told its cores", "see mpirun and hosts")] : [.ok(placed.joined(separator: ", "))]
    }

    /// By Hall's condition: no set of ranks of a host may be bound to fewer cores than there are of them.
    static func binding(_ facts: ClusterFacts) -> [Finding] {
        guard !facts.ranks.isEmpty else { return [.unknown("no rank told its cores", "see mpirun and hosts")] }
        var findings: [Finding] = []
        for host in facts.hosts {
            let ranks = facts.ranks.filter { $0.host == host.name }
            // Ranks beyond the cores are another check's.
            guard ranks.count <= host.coreCount else { continue }
            let sets = Set(ranks.map { Set($0.processors) }).sorted { $0.count < $1.count }
            guard let narrow = sets.first(where: { set in inside(set, ranks) > cores(set, of: host) }) else { continue }
            let list = narrow.sorted().map(String.init).joined(separator: ",")
            findings.append(
                .error(
                    "\(inside(narrow, ranks)) ranks of \(host.name) are bound to \(count(cores(narrow, of: host), "core")), processor \(list)",
                    "mpirun --bind-to core; unset OMPI_MCA_ variables that bind, and start one job on a host at a time"))
        }
        return findings.isEmpty ? [.ok("no two ranks are bound to one core")] : findings
    }

    static func threads(_ facts: ClusterFacts) -> [Finding] {
        let environment = facts.launcher.environment
        let names = ["OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS"]
        func threads(_ name: String) -> Int? {
            // A list has the number of each level of nested teams.
            environment[name]?.split(separator: ",").first.flatMap { Int($0) }
        }
        let set = names.first { threads($0) ?? 0 > 0 }
        let mending = "export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1"
        for (host, ranks) in facts.ranksOfHosts {
            if let set, let threads = threads(set) {
                guard Double(ranks) * Double(threads) > Double(max(host.coreCount, ranks)) else { continue }
                return [
                    .warning(
                        "\(set)=\(threads): \(count(ranks, "rank")) × \(count(threads, "thread")) of BLAS on \(describe(host)) of \(host.name)",
                        mending)
                ]
            }
            let widest = facts.ranks.filter { $0.host == host.name }.map { cores(Set($0.processors), of: host) }.max() ?? 1
            guard widest > 1, ranks > 1 else { continue }
            return [
                .warning(
                    "no OPENBLAS_NUM_THREADS: each of \(ranks) ranks of \(host.name) would start as many threads of BLAS as it may use cores, "
                        + "\(widest)", mending)
            ]
        }
        return [.ok(set.map { "\($0)=\(environment[$0] ?? "")" } ?? "one thread of BLAS for each rank, which is bound to a core")]
    }

    private static func inside(_ set: Set<Int>, _ ranks: [RankFacts]) -> Int { ranks.count { set.isSuperset(of: $0.processors) } }

    private static func cores(_ processors: Set<Int>, of host: HostFacts) -> Int {
        host.cores.count { !processors.isDisjoint(with: $0) }
    }

    private static func describe(_ host: HostFacts) -> String {
        let limited = host.coreCount < host.cores.count ? " (of \(host.cores.count), by the container's quota)" : ""
        return count(host.coreCount, "core") + limited
    }
}

extension ClusterFacts {
    /// Of the ranks that were asked for, those that can have a core each; all where no host told its cores.
    var ranksWithCores: Int {
        let hosts = ranksOfHosts
        guard !hosts.isEmpty else { return request.ranks }
        guard !request.hosts.isEmpty else { return min(request.ranks, hosts[0].host.coreCount) }
        let room = request.hosts.reduce(0) { sum, asked in
            sum + (facts(of: asked).map { min(asked.slots ?? .max, $0.coreCount) } ?? 0)
        }
        return max(1, min(request.ranks, room))
    }
}

func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }
