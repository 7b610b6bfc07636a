import Diagnostics

extension ClusterFacts {
    /// The command line that these facts ask for: as many ranks as can have a core each, on hosts that answer, by networks that join them.
    ///
    /// What mpirun's own shell must not read as one word or another is quoted.
    public var suggestedCommand: String {
        let ranks = ranksWithCores
        let allowed = launcher.isRoot ? LauncherChecks.permissions.map { "\($0)=1" } : []
        var words = allowed + ["OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", properProgram, "-np", "\(ranks)"]
        if request.hosts.isEmpty {
            words += ["--bind-to", "core"]
        } else {
            words +=
                unreached.isEmpty && hostfileFits ? ["--hostfile", request.hostfile ?? ""] : ["--host", reachedHosts]
            words += ["--bind-to", "core", "-x", "OPENBLAS_NUM_THREADS", "-x", "OMP_NUM_THREADS"]
            if let subnet = needsSubnet {
                words += ["--mca", "btl_tcp_if_include", subnet, "--mca", "oob_tcp_if_include", subnet]
            }
        }
        words += [launcher.executable, "train", request.recipe ?? "RECIPE"]
        words += ["--data", request.data ?? "DIR"] + (request.run.map { ["--run", $0] } ?? [])
        return shellCommand(words)
    }

    /// The first mpirun of PATH, or the one that belongs to the library where that does not.
    private var properProgram: String {
        let isWrong = LauncherChecks.launcher(self).contains { $0.severity == .error }
        return isWrong ? LauncherChecks.rightProgram(launcher)?.path ?? "mpirun" : "mpirun"
    }

    /// Whether mpirun, which fills a host's slots before it goes to the next, finds a core there for each.
    private var hostfileFits: Bool {
        request.hostfile != nil
            && request.hosts.allSatisfy { host in host.slots.map { $0 <= facts(of: host)?.coreCount ?? $0 } ?? true }
    }

    private var reachedHosts: String {
        request.hosts.filter { host in !unreached.contains { $0.name == host.name } }.map { host in
            let facts = facts(of: host)
            return "\(host.name):\(min(host.slots ?? .max, facts?.coreCount ?? host.slots ?? 1))"
        }.joined(separator: ",")
    }

    /// The network to keep to, where there are others that do not join the hosts.
    private var needsSubnet: String? {
        guard NetworkCheck.interfaces(self).contains(where: { $0.severity == .warning }) else { return nil }
        return NetworkCheck.subnets(joining: hosts).first?.description
    }
}
