import Foundation
import TestSupport
import Testing

/// `lockstep doctor` on this machine, with faults that are really there.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DoctorCommandTests {
    /// Two cores at least are free for two ranks: what a test of one fault leaves is well.
    private static let allowed = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]

    private func doctor(
        _ place: Workplace, _ arguments: [String] = [], _ environment: [String: String] = [:], ranks: Int = 1
    ) throws -> Subprocess {
        let run = place.path("runs")
        let first = arguments.contains("--run") ? [] : ["--run", run]
        return try place.lockstep(
            ["doctor", "--np", "\(ranks)"] + first + arguments, environment: Self.allowed.merging(environment) { $1 })
    }

    /// A check's line begins with its state and its name.
    private func expect(
        _ run: Subprocess, code: Int32, _ state: String, _ check: String, _ words: String,
        at location: SourceLocation = #_sourceLocation
    ) {
        let line = run.lines.first { $0.hasPrefix("\(state) ") && $0.contains(" \(check) ") }
        #expect(line?.contains(words) == true, "\(run.report)", sourceLocation: location)
        #expect(run.exitCode == code && !run.timedOut && run.leftovers.isEmpty, "\(run.report)", sourceLocation: location)
    }

    private func write(_ text: String, _ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o755)
    }

    @Test func nothingIsFoundWhereNothingIs() throws {
        try Workplace.with { place in
            let run = try doctor(place, ["lenet5-cifar10", "--data", place.data])
            #expect(run.exitCode == 0 && !run.standardOutput.contains("error  "), "\(run.report)")
            let last = try #require(run.lines.last)
            #expect(last.hasSuffix("train lenet5-cifar10 --data \(place.data) --run \(place.path("runs"))"), "\(run.report)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory) == ["data"])
            // The command that is told works.
            let told = try Subprocess.run("bash", ["-c", "cd \"$0\"; \(last) --max-steps 2", place.directory])
            expectSuccess(told)
        }
    }

    @Test func anotherMPIsLauncher() throws {
        try Workplace.with { place in
            let own = try #require(Subprocess.run("mpirun", ["--version"]).lines.first)
            // Starts processes, and tells them nothing that the library understands.
            let start =
                "n=1; while [[ $1 == -* ]]; do [ \"$1\" = -np ] && n=$2; shift 2; done\nfor ((i = 0; i < n; i++)); do \"$@\" & done; wait\n"
            for (version, words) in [
                ("HYDRA build details: Version: 4.0.2", "is of MPICH 4.0.2"), (own, "worlds of size 1"),
            ] {
                try write(
                    "#!/bin/bash\n[ \"$1\" != --version ] || { echo '\(version)'; exit; }\n\(start)", place.path("shim/mpirun"))
                let path = "\(place.path("shim")):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
                let run = try doctor(place, [], ["PATH": path], ranks: 2)
                expect(run, code: 69, "error", "mpirun", words)
            }
            let run = try doctor(place, [], ["PATH": place.path("none")])
            expect(run, code: 69, "error", "mpirun", "there is no mpirun in PATH")
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func rootWithoutPermission() throws {
        try Workplace.with { place in
            let run = try doctor(place, [], ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "0"])
            expect(run, code: 69, "error", "permission", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM is not set")
        }
    }

    @Test func moreRanksThanCores() throws {
        try Workplace.with { place in
            let run = try doctor(place, ["lenet5-cifar10", "--data", place.data], ranks: 4_096)
            expect(run, code: 64, "error", "cores", "4096 ranks on")
            expect(run, code: 64, "error", "recipe", "4096 ranks cannot share")
            let json = try doctor(place, ["--json"], ranks: 4_096)
            let content = try JSONSerialization.jsonObject(with: Data(json.standardOutput.utf8)) as? [String: Any]
            let checks = try #require(content?["checks"] as? [[String: String]])
            #expect(
                json.exitCode == 64 && checks.contains { $0["check"] == "cores" && $0["severity"] == "error" }, "\(json.report)")
        }
    }

    @Test func threadsOfBLAS() throws {
        try Workplace.with { place in
            let run = try doctor(place, [], ["OPENBLAS_NUM_THREADS": "4096"])
            expect(run, code: 0, "warning", "threads", "OPENBLAS_NUM_THREADS=4096: 1 rank × 4096 threads")
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func aSmallDisk() throws {
        try Workplace.with { place in
            let disk = place.path("disk")
            try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
            expectSuccess(try Subprocess.run("mount", ["-t", "tmpfs", "-o", "size=1M", "tmpfs", disk]))
            defer { _ = try? Subprocess.run("umount", [disk]) }
            let run = try doctor(place, ["lenet5-cifar10", "--data", place.data, "--run", "\(disk)/run"])
            expect(run, code: 74, "error", "disks", "has 1.0 MB left of 1.0 MB; checkpoints take 2.5 MB")
        }
    }

    /// Whether a process here can be given mounts of its own: root's alone, and not under a root that is no mount, as in a chroot.
    private static var canHaveMountsOfItsOwn: Bool {
        (try? Subprocess.run("unshare", ["--uts", "--mount", "true"]).exitCode == 0) ?? false
    }

    /// Hosts are this machine by other names, with data and runs of their own where that is planted; an agent in ssh's place leads to them.
    @Test(.enabled(if: canHaveMountsOfItsOwn)) func hostsThatDiffer() throws {
        try Workplace.with { place in
            let agent = place.path("agent")
            try write(
                """
                #!/bin/bash
                while [[ $1 == -* ]]; do shift; done
                host=$1; shift
                [ "$host" != gone ] || { echo "ssh: Could not resolve hostname gone: Name or service not known" >&2; exit 255; }
                exec unshare --uts --mount bash -c 'hostname "$0"; if [ "$0" = other ]; then mount --bind \(place.path("theirs")) \
                \(place.data); mount -t tmpfs tmpfs \(place.path("runs")); fi; eval "$*"' "$host" "$@"

                """, agent)
            for name in ["theirs", "runs"] {
                try FileManager.default.createDirectory(atPath: place.path(name), withIntermediateDirectories: true)
            }
            expectSuccess(
                try place.lockstep([
                    "data", "synthesize", place.path("theirs"), "--training", "600", "--test", "200", "--seed", "2",
                ]))
            let environment = ["OMPI_MCA_plm_rsh_agent": agent, "OMPI_MCA_btl": "self,vader,tcp"]
            func check(_ host: String) throws -> Subprocess {
                let file = try place.write("localhost slots=1\n\(host) slots=1\n", "hosts")
                return try doctor(place, ["--hostfile", file, "--data", place.data, "--patience", "20"], environment, ranks: 2)
            }
            let alike = try check("like")
            #expect(alike.exitCode == 0, "\(alike.report)")
            expect(alike, code: 0, "ok", "run directory", "is shared")
            expect(alike, code: 0, "ok", "data", "the same bytes everywhere")
            let other = try check("other")
            expect(other, code: 65, "error", "data", "other's \(place.data) holds other bytes")
            expect(other, code: 65, "warning", "run directory", "not the same directory on other")
            let gone = try check("gone")
            expect(gone, code: 69, "error", "hosts", "gone cannot be used: ssh: Could not resolve hostname")
            #expect(gone.lines.last?.contains("--host localhost:1 ") == true, "\(gone.report)")
        }
    }

    @Test func wrongWords() throws {
        try withTemporaryDirectory { directory in
            let place = Workplace(directory: directory)
            expectFailure(try place.lockstep(["doctor", "--np", "0"]), code: 64, "-np")
            expectFailure(try place.lockstep(["doctor", "--hostfile", "none"]), code: 66, "none cannot be read")
            expectFailure(try place.lockstep(["doctor", "no-such-recipe"]), code: 66, "no-such-recipe")
        }
    }
}
