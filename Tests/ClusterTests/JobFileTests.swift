import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import Cluster

/// Job files: what `lockstep job` writes, and what stands in scripts/.
@Suite(.timeLimit(.minutes(2))) struct JobFileTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func request(_ system: JobRequest.System, _ change: (inout JobRequest) throws -> Void = { _ in }) throws -> JobRequest {
        var request = JobRequest(system, recipe: "lenet5-cifar10", data: "data/cifar10", nodes: 2, ranksPerNode: 4)
        if system == .kubernetes { request.image = "registry.example/lockstep:1.0" }
        try change(&request)
        return request
    }

    private static let sweep = "learning-rate=0.1,0.03,0.01"

    /// The files of scripts/, and what they are made from.
    static func shipped() throws -> [(path: String, request: JobRequest)] {
        [
            ("slurm/train.sbatch", try request(.slurm)), ("slurm/train-srun.sbatch", try request(.slurm) { $0.starter = .srun }),
            ("slurm/preemptable.sbatch", try request(.slurm) { $0.isPreemptable = true }),
            ("slurm/preemptable-srun.sbatch", try request(.slurm) { ($0.isPreemptable, $0.starter) = (true, .srun) }),
            ("slurm/launch.sbatch", try request(.slurm) { ($0.isPreemptable, $0.starter) = (true, .launch) }),
            ("slurm/sweep.sbatch", try request(.slurm) { $0.sweep = try .init(parsing: sweep) }),
            ("pbs/train.pbs", try request(.pbs)), ("pbs/preemptable.pbs", try request(.pbs) { $0.isPreemptable = true }),
            ("pbs/sweep.pbs", try request(.pbs) { $0.sweep = try .init(parsing: sweep) }),
            ("kubernetes/train.yaml", try request(.kubernetes)),
            ("kubernetes/preemptable.yaml", try request(.kubernetes) { $0.isPreemptable = true }),
        ]
    }

    @Test func shippedFilesAreWhatTheCommandWrites() throws {
        for (path, request) in try Self.shipped() {
            let text = try String(contentsOfFile: "\(Self.root)/scripts/\(path)", encoding: .utf8)
            #expect(text == (try request.file()), "scripts/\(path): \(request.command)")
        }
        let folders = ["slurm", "pbs", "kubernetes"]
        let files = try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/scripts/\(folder)").map { "\(folder)/\($0)" }
        }
        #expect(Set(files) == Set(try Self.shipped().map(\.path)))
    }

    @Test(arguments: [JobRequest.System.slurm, .pbs]) func bashReadsThem(_ system: JobRequest.System) throws {
        for isPreemptable in [false, true] {
            for (sweep, starter) in [(nil, JobRequest.Starter.mpirun), (try JobRequest.Sweep(parsing: Self.sweep), .launch)] {
                let text = try Self.request(system) {
                    ($0.isPreemptable, $0.sweep, $0.starter) = (isPreemptable, sweep, starter)
                }.file()
                try withTemporaryDirectory { directory in
                    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/job"))
                    let run = try Subprocess.run("bash", ["-n", "\(directory)/job"])
                    #expect(run.exitCode == 0 && run.standardError.isEmpty, "\(run.report)")
                }
            }
        }
    }

    /// Directives stand before the first command, one option on each line, with values of the form that the system reads.
    @Test func directivesAreWellFormed() throws {
        let forms: [JobRequest.System: [String]] = [
            .slurm: [
                #"--job-name=[a-z0-9-]+"#, #"--nodes=\d+"#, #"--ntasks-per-node=\d+"#, #"--ntasks-per-core=1"#,
                #"--time=\d+:\d\d:\d\d"#,
                #"--partition=[\w.,@-]+"#, #"--array=0-\d+"#, #"--requeue"#, #"--no-requeue"#, #"--open-mode=append"#,
                #"--signal=B:USR1@\d+"#, #"--output=%x(-%j|-%A-%a)\.out"#,
            ],
            .pbs: [
                #"-N [a-z0-9-]{1,40}"#, #"-l select=\d+:ncpus=\d+:mpiprocs=\d+"#, #"-l place=scatter"#,
                #"-l walltime=\d+:\d\d:\d\d"#,
                #"-q [\w.,@-]+"#, #"-J 0-\d+"#, #"-j oe"#, #"-r [yn]"#,
            ],
        ]
        for (system, mark) in [(JobRequest.System.slurm, "#SBATCH "), (.pbs, "#PBS ")] {
            let allowed = try Regex("(?:\(try #require(forms[system]).joined(separator: "|")))")
            for isPreemptable in [false, true] {
                let text = try Self.request(system) {
                    ($0.isPreemptable, $0.partition) = (isPreemptable, "long,short")
                    $0.sweep = try .init(parsing: Self.sweep)
                }.file()
                let lines = text.split(separator: "\n")
                let head = lines.prefix { $0.hasPrefix("#") }
                let directives = lines.filter { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
                #expect(directives.count >= 8 && head.count { $0.hasPrefix(mark) } == directives.count)
                for directive in directives { #expect(directive.wholeMatch(of: allowed) != nil, "\(directive)") }
                #expect(Set(directives).count == directives.count)
            }
        }
    }

    /// What users write reaches `lockstep` as the words that they wrote, and nothing of it is run: the script is run with `lockstep` and mpirun
    /// played by ones that print their words.
    @Test(arguments: ["plain", "with space", "$(touch hurt)", "`touch hurt`", "a'b\"c", "; touch hurt #", "*", "-x", "ä\\"])
    func wordsArriveAsTheyAre(_ word: String) throws {
        for system in [JobRequest.System.slurm, .pbs] {
            let text = try Self.request(system) {
                ($0.recipe, $0.data) = ("\(word).yaml", word)
                $0.sweep = try .init(parsing: "schedule=one,\(word.replacing(",", with: ""))")
                $0.training = ["--seed", word]
            }.file()
            try withTemporaryDirectory { directory in
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/job"))
                try Data("#!/bin/bash\nwhile [ \"$1\" != fake ]; do shift; done\nprintf '<%s>' \"${@:2}\"\n".utf8)
                    .write(to: URL(fileURLWithPath: "\(directory)/mpirun"))
                chmod("\(directory)/mpirun", 0o755)
                var environment = Subprocess.cleanEnvironment()
                environment["PATH"] = "\(directory):\(environment["PATH"] ?? "")"
                environment.merge(
                    [
                        "LOCKSTEP": "fake", "RUN": "r", "SLURM_ARRAY_TASK_ID": "1", "PBS_ARRAY_INDEX": "1",
                        "PBS_O_WORKDIR": directory,
                        "PBS_NODEFILE": "nodes",
                    ]) { $1 }
                let run = try Subprocess.run("bash", ["-c", "cd \"$0\" && bash job", directory], environment: environment)
                let words = ["train", "\(word).yaml", "--data", word, "--seed", word, "--schedule", word, "--run", "r/1"]
                #expect(run.standardOutput == words.map { "<\($0)>" }.joined(), "\(run.report)")
                #expect(!FileManager.default.fileExists(atPath: "\(directory)/hurt"))
            }
        }
    }

    /// A preemptable job hands SIGUSR1 on, waits until its ranks have ended, and asks for another turn where they stopped as asked.
    @Test(arguments: [0, 75, 3]) func aPreemptableJobStopsAndAsksForAnotherTurn(code: Int) throws {
        let text = try Self.request(.slurm) { $0.isPreemptable = true }.file()
        try withTemporaryDirectory { directory in
            func write(_ text: String, _ name: String) throws {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
                chmod("\(directory)/\(name)", 0o755)
            }
            try write(text, "job")
            // Ranks that need a moment to stop.
            try write(
                "#!/bin/bash\ntrap 'sleep 0.3; echo stopped; exit \(code)' USR1\ntouch started\nwhile :; do sleep 0.05; done\n",
                "mpirun")
            try write("#!/bin/bash\necho \"scontrol $*\"\n", "scontrol")
            var environment = Subprocess.cleanEnvironment()
            environment["PATH"] = "\(directory):\(environment["PATH"] ?? "")"
            environment.merge(["SLURM_JOB_ID": "12", "SLURM_JOB_NAME": "n"]) { $1 }
            let lines = "cd \"$0\"; bash job & until [ -e started ]; do sleep 0.02; done; sleep 0.3; kill -USR1 $!; wait $!"
            // A test's thread may block signals, and a process inherits that.
            let unblocking =
                "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"
            let run = try Subprocess.run(
                "python3", ["-c", unblocking, "bash", "-c", lines, directory], environment: environment, timeLimit: 20)
            #expect(run.exitCode == Int32(code) && run.leftovers.isEmpty && !run.timedOut, "\(run.report)")
            #expect(run.lines == ["stopped"] + (code == 75 ? ["scontrol requeue 12"] : []), "\(run.report)")
        }
    }

    /// One line decides whether training is resumed, for a first start and all later ones.
    @Test func aCheckpointIsGoneOnFrom() throws {
        let text = try Self.request(.slurm).file()
        try withTemporaryDirectory { directory in
            try Data("#!/bin/bash\necho \"$*\"\n".utf8).write(to: URL(fileURLWithPath: "\(directory)/mpirun"))
            chmod("\(directory)/mpirun", 0o755)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/job"))
            var environment = Subprocess.cleanEnvironment()
            environment.merge(["PATH": "\(directory):\(environment["PATH"] ?? "")", "RUN": "\(directory)/my run"]) { $1 }
            for isThere in [false, true] {
                if isThere {
                    let folder = "\(directory)/my run/checkpoints"
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    try Data().write(to: URL(fileURLWithPath: "\(folder)/step-00000010.safetensors"))
                }
                let run = try Subprocess.run("bash", ["\(directory)/job"], environment: environment)
                #expect(run.exitCode == 0 && run.standardOutput.contains("--resume") == isThere, "\(run.report)")
            }
        }
    }

    @Test func whatCannotStandInAFileIsRefused() throws {
        func refused(_ system: JobRequest.System, _ words: String, _ change: (inout JobRequest) throws -> Void) {
            let error = #expect(throws: Failure.self) { _ = try Self.request(system, change).file() }
            #expect(error?.kind == .usage && error?.description.contains(words) == true, "\(String(describing: error))")
        }
        for system in JobRequest.System.allCases {
            refused(system, "--partition") { $0.partition = "a\n#SBATCH --uid=0" }
            refused(system, "--partition") { $0.partition = "-p" }
            refused(system, "line break") { $0.data = "a\nb" }
            refused(system, "control") { $0.training = ["--seed", "1\u{1B}"] }
            refused(system, "--nodes") { $0.nodes = 0 }
            refused(system, "--ranks-per-node") { $0.ranksPerNode = -1 }
        }
        refused(.kubernetes, "--image") { $0.image = nil }
        refused(.kubernetes, "--image") { $0.image = "a\"b" }
        refused(.slurm, "--image") { $0.image = "a" }
        refused(.pbs, "srun is Slurm's") { $0.starter = .srun }
        for text in ["", "rate", "=1", "rate=", "rate=1,", "Rate=1", "ra te=1", "--rate=1"] {
            #expect(throws: Failure.self) { _ = try JobRequest.Sweep(parsing: text) }
        }
    }

    @Test func timesAreRead() throws {
        for (text, seconds) in [
            ("90s", 90), ("55m", 3_300), ("2h", 7_200), ("00:01:00", 60), ("48:00:00", 172_800), ("2-00:00:30", 172_830),
        ] {
            #expect(try JobTime(parsing: text).seconds == seconds)
            #expect(try JobTime(parsing: "\(JobTime(parsing: text))").seconds == seconds)
        }
        for text in ["", "59s", "5", "1:2:3", "1d", "-5m", "1h30m", "99999999999m"] {
            #expect(throws: Failure.self) { _ = try JobTime(parsing: text) }
        }
    }

    @Test func namesAreTakenEverywhere() throws {
        let names = [
            "lenet5-cifar10": "lenet5-cifar10", "my/Recipe_1.yaml": "recipe-1", "ä.yml": "lockstep", "-a-.yaml": "a",
            "3layers.yaml": "lockstep-3layers",
            "x.yaml.yaml": "x-yaml", String(repeating: "a", count: 80): String(repeating: "a", count: 40),
        ]
        for (recipe, name) in names { #expect(try Self.request(.slurm) { $0.recipe = recipe }.name == name, "\(recipe)") }
    }
}
