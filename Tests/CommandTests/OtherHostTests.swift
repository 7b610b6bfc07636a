import Foundation
import TestSupport
import Testing

/// Ranks of several hosts that share no file: who holds a job up on another host is named all the same, for heartbeats tell of it.
///
/// A host is a name and a directory of flight records of its own, which a rank gets in namespaces of its own before it starts.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: OtherHost.isPossible, "needs root and namespaces"))
struct OtherHostTests {
    /// - Parameters:
    ///   - hosts: the host of each rank; rank 0 on one of another name.
    ///   - look: lines of bash that run beside the ranks; `$process` is that of the rank, `$OMPI_COMM_WORLD_RANK` its number.
    private func train(
        _ place: Workplace, hosts: [String], fault: String, _ more: [String] = [], beside look: String = ""
    ) throws -> Subprocess {
        let program = try buildProduct(named: "lockstep")
        let places = hosts.map { "\(place.directory)/records-of-\($0)" }
        for directory in places + [place.path("run/recorders")] {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        }
        let script = """
            hosts=(\(hosts.joined(separator: " ")))
            host=${hosts[$OMPI_COMM_WORLD_RANK]}
            export host records='\(place.directory)/records-of-'$host run='\(place.path("run"))'
            exec unshare --uts --mount bash -euc '
              hostname "$host"
              mount --bind "$records" "$run/recorders"
              process=$$
              { \(look.isEmpty ? "true" : look); } &
              exec "$@"' - "$@"
            """
        let arguments = ["-euc", script, "-", program] + place.training(run: "run", maxSteps: 1_000) + ["--epochs", "1000"] + more
        return try mpirun(
            ranks: hosts.count, "/bin/bash", arguments,
            environment: Subprocess.cleanEnvironment().merging(["LOCKSTEP_FAULT": fault]) { $1 })
    }

    /// What holds the others up: a rank that does not run, alone on its host, and beside another, which sees why; one that is no more; and one
    /// that is busy with something else. Of rank 0 the others notice it by its silence. The deadline is over before a silence is one.
    @Test(arguments: [
        (["here", "there", "far"], "stop:2:6:#2", 2, "silent", "rank 2 on far was not heard by here for "),
        (["here", "there", "there"], "stop:2:6:#2", 2, "stopped", "rank 2 on there is stopped (SIGSTOP, or a debugger)"),
        (["here", "there", "far"], "kill:2:6:#2", 2, "lost", "rank 2 on far was killed"),
        (["here", "there", "far"], "slow:1:30000", 1, "busy", "rank 1 on there has been in "),
        (["here", "there", "far"], "stop:0:6:#2", 0, "silent", "rank 0 on here was not heard by "),
    ]) func whoIsAtFaultOnAnotherHost(hosts: [String], fault: String, culprit: Int, cause: String, words: String) throws {
        try Workplace.with { place in
            let run = try train(place, hosts: hosts, fault: fault, ["--deadline", "3s"])
            #expect(run.exitCode != 0 && !run.timedOut && run.leftovers.isEmpty && run.duration < 40, "\(run.report)")
            let content = try JSONSerialization.jsonObject(with: place.bytes(place.path("run/failure.json"))) as? [String: Any]
            #expect(content?["cause"] as? String == cause && content?["culprits"] as? [Int] == [culprit], "\(run.report)")
            #expect((content?["reason"] as? String)?.hasPrefix(words) == true, "\(run.report)")
            // Where rank 0 is the one, nobody passes on what the others do.
            for rank in hosts.indices where culprit != 0 || rank == 0 {
                #expect(run.standardError.contains("  rank \(rank) on \(hosts[rank]) (pid "), "\(run.report)")
            }
            #expect(!run.standardError.contains("no heartbeats"), "\(run.report)")
        }
    }

    /// Ranks of one host have their files, and neither thread nor socket for heartbeats.
    @Test(arguments: [true, false]) func oneHostNeedsNone(isOne: Bool) throws {
        try Workplace.with { place in
            let look = """
                for attempt in {1..80}; do
                  sleep 0.1
                  ! grep --quiet watchdog /proc/$process/task/*/comm || break
                done
                sleep 1
                cat /proc/$process/task/*/comm | sort -u | sed "s/^/rank $OMPI_COMM_WORLD_RANK: /"
                """
            let run = try train(
                place, hosts: isOne ? ["here", "here"] : ["here", "there"], fault: "slow:1:100", ["--time-limit", "12s"],
                beside: look)
            #expect(run.exitCode == 75 && !run.timedOut, "\(run.report)")
            let threads = (0..<2).map { rank in
                Set(run.lines.filter { $0.hasPrefix("rank \(rank): ") }.map { $0.dropFirst("rank 0: ".count) })
            }
            #expect(threads.allSatisfy { $0.contains("watchdog") }, "\(run.report)")
            #expect(threads[0].contains("heartbeats") == !isOne && threads[1].contains("heartbeat") == !isOne, "\(run.report)")
        }
    }
}

private enum OtherHost {
    static let isPossible: Bool =
        geteuid() == 0 && (try? Subprocess.run("unshare", ["--uts", "--mount", "hostname", "far"]))?.exitCode == 0
}
