import Foundation
import TestSupport
import Testing

/// `scripts/lab`: two hosts train what one trains, over ssh and a network, and nothing of them remains.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Lab.isPossible, "needs root, namespaces, iproute2 and OpenSSH's server, and that no lab is up"))
struct LabTests {
    @Test func twoHostsTrainWhatOneTrains() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "one", maxSteps: 12))
            // One process starts and ends the hosts: whatever outlived it would be seen as left over.
            let run = try Lab.run(
                """
                "$0" run true || echo "before: $?"
                "$0" up 2 --rate 1gbit
                trap '"$0" down; "$0" status || echo "after: $?"' EXIT
                "$0" up 2 || echo "again: $?"
                "$0" exec lab3 true || echo "lab3: $?"
                "$0" exec lab2 hostname
                "$0" run --ranks-per-host 2 --tag-output -- sh -c 'echo $(hostname) $(ls /dev/shm | wc --lines)'
                "$0" run lockstep "$@"
                """, place.training(run: "two", maxSteps: 12))
            expectSuccess(run)
            for line in ["before: 66", "again: 64", "lab3: 64", "lab2", "after: 66"] {
                #expect(run.lines.contains(line), "no \"\(line)\": \(run.report)")
            }
            // Ranks are placed host by host.
            for (rank, host) in ["lab1", "lab1", "lab2", "lab2"].enumerated() {
                #expect(run.lines.contains { $0.contains(",\(rank)]<stdout>:\(host) ") }, "\(run.report)")
            }
            #expect(try hosts(of: place.path("two/run.json")) == ["lab1", "lab2"])
            let (one, two) = (
                try MetricsRows(place.path("one/metrics.csv")), try MetricsRows(place.path("two/metrics.csv"))
            )
            #expect(two.of("step").map(\.step) == Array(1...12))
            for split in ["step", "train", "test"] { expectSameRows(two, one, split: split) }
        }
    }

    private func hosts(of record: String) throws -> [String] {
        let content = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: record)))
        let circumstances = (content as? [String: Any])?["circumstances"] as? [String: Any]
        return try #require(circumstances?["hosts"] as? [String])
    }
}

/// The script, and whether it can do its work here.
private enum Lab {
    static let directory = "/var/lib/lockstep-lab"
    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("scripts/lab").path

    static let isPossible: Bool = {
        guard geteuid() == 0, !FileManager.default.fileExists(atPath: directory) else { return false }
        let check = "type ip tc sshd ssh && unshare --net --uts --mount --pid --fork --mount-proc true"
        return (try? Subprocess.run("bash", ["-c", check]))?.exitCode == 0
    }()

    /// Runs lines of bash, whose `$0` is the script and whose `$@` are `arguments`; the first line that fails ends them.
    static func run(_ lines: String, _ arguments: [String]) throws -> Subprocess {
        var environment = Subprocess.cleanEnvironment()
        environment["LOCKSTEP"] = try buildProduct(named: "lockstep")
        let run = try Subprocess.run(
            "bash", ["-euo", "pipefail", "-c", lines, script] + arguments, environment: environment, timeLimit: 90)
        // Over the time limit bash had no time to take it down.
        if run.timedOut { expectSuccess(try Subprocess.run(script, ["down"])) }
        return run
    }
}
