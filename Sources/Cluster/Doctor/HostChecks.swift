import Diagnostics
import Foundation

/// Whether all hosts answer, and are alike.
enum HostChecks {
    static func reached(_ facts: ClusterFacts) -> [Finding] {
        guard facts.unreached.isEmpty else {
            return facts.unreached.map { .error("\($0.name) cannot be used: \($0.words)", remedy(for: $0)) }
        }
        guard !facts.request.hosts.isEmpty else { return [.ok("this host alone")] }
        guard !facts.hosts.isEmpty else { return [.unknown("no host told anything", "see mpirun")] }
        let silent = facts.request.hosts.filter { facts.facts(of: $0) == nil }.map(\.name)
        guard silent.isEmpty else {
            return [
                .warning("\(silent.joined(separator: ", ")): no answer among all hosts, though each answers alone", "see mpirun")
            ]
        }
        return [.ok(facts.hosts.count == 1 ? "\(facts.hosts[0].name) answers" : "\(names(facts.hosts)) answer")]
    }

    /// Studies tell by the clock whether another host still lives, and people compare logs.
    static func clocks(_ facts: ClusterFacts) -> [Finding] {
        let clocks = facts.ranks.compactMap { rank in rank.clock.map { (host: rank.host, clock: $0) } }
        guard Set(clocks.map(\.host)).count > 1 else { return [.ok("one host, one clock")] }
        guard let first = clocks.min(by: { $0.clock < $1.clock }), let last = clocks.max(by: { $0.clock < $1.clock }) else {
            return []
        }
        let skew = last.clock - first.clock
        let found = String(format: "%@'s clock is %.1f s ahead of %@'s", last.host, skew, first.host)
        let mending = "start a time service on every host: apt-get install chrony"
        if skew > 60 { return [.error(found, mending)] }
        return skew > 1 ? [.warning(found, mending)] : [.ok(String(format: "the hosts' clocks agree to %.2f s", skew))]
    }

    static func processors(_ facts: ClusterFacts) -> [Finding] {
        let kinds = groups(facts.hosts) { $0.processor }
        guard kinds.count > 1 else { return same(kinds, otherwise: "no host told its processor") { $0 } }
        return [
            .warning(
                "different processors: \(describe(kinds))",
                "the slowest decides each step, and --reproducible wants the same instruction sets: name hosts of one kind in the hostfile"
            )
        ]
    }

    static func executables(_ facts: ClusterFacts) -> [Finding] {
        let builds = groups(facts.hosts) { $0.executable }
        let path = facts.launcher.executable
        guard builds.count > 1 else {
            return same(builds, otherwise: "no host told its lockstep") { _ in "\(path), the same everywhere" }
        }
        let own = builds[0]
        return builds.dropFirst().flatMap(\.hosts).map { host in
            .error("\(host)'s lockstep is another build than \(own.hosts[0])'s", shellCommand(["scp", path, "\(host):\(path)"]))
        }
    }

    static func data(_ facts: ClusterFacts) -> [Finding] {
        guard let directory = facts.request.data else { return [.unknown("no data set was named", "--data DIR")] }
        let failures = facts.hosts.compactMap { host in host.dataFailure.map { (host: host.name, failure: $0) } }
        guard failures.isEmpty else {
            let all = failures.count == facts.hosts.count
            return failures.map { failed in
                .error(
                    "\(failed.host): \(failed.failure)",
                    all ? "lockstep data fetch NAME \(directory)" : copying(directory, to: failed.host))
            }
        }
        let sets = groups(facts.hosts.filter { $0.data != nil }) { $0.data ?? "" }
        guard sets.count > 1 else {
            return same(sets, otherwise: "no host told its data") { _ in "\(directory), the same bytes everywhere" }
        }
        return sets.dropFirst().flatMap(\.hosts).map { host in
            .error(
                "\(host)'s \(directory) holds other bytes than \(sets[0].hosts[0])'s", copying(directory, to: host))
        }
    }

    /// What to do about ssh's usual complaints.
    private static func remedy(for host: UnreachedHost) -> String {
        let cases: [(words: String, remedy: [String])] = [
            ("Could not resolve", []), ("Permission denied", ["ssh-copy-id", host.name]),
            ("Host key verification failed", ["ssh", "-o", "StrictHostKeyChecking=accept-new", host.name, "true"]),
        ]
        guard let known = cases.first(where: { host.words.contains($0.words) }) else {
            return "what does this say: \(shellCommand(["ssh", host.name, "orted", "--version"]))"
        }
        return known.remedy.isEmpty ? "no such name: correct the hostfile, or add it to /etc/hosts" : shellCommand(known.remedy)
    }

    private static func copying(_ directory: String, to host: String) -> String {
        shellCommand(["rsync", "-a", "\(directory)/", "\(host):\(directory)/"])
    }

    /// Hosts by what they have, in the order of their first one.
    private static func groups(_ hosts: [HostFacts], by key: (HostFacts) -> String) -> [(key: String, hosts: [String])] {
        var groups: [(key: String, hosts: [String])] = []
        for host in hosts {
            if let place = groups.firstIndex(where: { $0.key == key(host) }) {
                groups[place].hosts.append(host.name)
            } else {
                groups.append((key(host), [host.name]))
            }
        }
        return groups
    }

    private static func describe(_ groups: [(key: String, hosts: [String])]) -> String {
        groups.map { "\($0.key) (\($0.hosts.joined(separator: ", ")))" }.joined(separator: "; ")
    }

    private static func same(
        _ groups: [(key: String, hosts: [String])], otherwise: String, _ words: (String) -> String
    ) -> [Finding] {
        groups.isEmpty ? [.unknown(otherwise, "see mpirun and hosts")] : [.ok(words(groups[0].key))]
    }

    private static func names(_ hosts: [HostFacts]) -> String { hosts.map(\.name).joined(separator: ", ") }
}
