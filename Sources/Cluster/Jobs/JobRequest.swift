import Diagnostics

/// A training as a job of a cluster.
public struct JobRequest: Sendable, Equatable {
    public enum System: String, Sendable, CaseIterable { case slurm, pbs, kubernetes }

    /// What starts the ranks: mpirun; Slurm's srun; or `lockstep launch`, which starts mpirun, and starts it again where a rank or a host is lost.
    public enum Starter: String, Sendable, CaseIterable { case mpirun, srun, launch }

    /// One job for each value of an option of `lockstep train`.
    public struct Sweep: Sendable, Equatable {
        /// Without its hyphens.
        public let option: String
        public let values: [String]
        /// As many jobs as Slurm takes in one array, unless it is told otherwise.
        static let mostValues = 1_000

        /// - Parameter text: `OPTION=VALUE,VALUE…`
        /// - Throws: `Failure.usage` where it is something else.
        public init(parsing text: String) throws {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let values = parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init) : []
            guard parts[0].wholeMatch(of: /[a-z][a-z0-9-]*/) != nil, !values.isEmpty, !values.contains("") else {
                throw Failure(
                    .usage,
                    "--array: found '\(text)', expected an option of 'lockstep train' and its values, such as learning-rate=0.1,0.03,0.01"
                )
            }
            guard values.count <= Self.mostValues else {
                throw Failure(.usage, "--array: found \(values.count) values, expected at most \(Self.mostValues)")
            }
            (option, self.values) = (parts[0], values)
        }
    }

    public var system: System
    /// A file, or the name of a built-in one.
    public var recipe: String
    public var data: String
    public var nodes: Int
    public var ranksPerNode: Int
    public var time = JobTime(seconds: 3_600)
    public var starter = Starter.mpirun
    /// Slurm's partition, or the queue of the others.
    public var partition: String?
    /// Of the containers, for Kubernetes.
    public var image: String?
    /// Whether the job may be ended to make room for others, and goes on later.
    public var isPreemptable = false
    public var sweep: Sweep?
    /// Further options of `lockstep train`.
    public var training: [String] = []

    public init(_ system: System, recipe: String, data: String, nodes: Int, ranksPerNode: Int) {
        (self.system, self.recipe, self.data) = (system, recipe, data)
        (self.nodes, self.ranksPerNode) = (nodes, ranksPerNode)
    }

    public var ranks: Int { nodes * ranksPerNode }

    /// The recipe's name, as all of the systems take one: lower-case letters, digits and hyphens. At most 40 of them, so that the longest name of
    /// a pod, NAME-999-worker-99999, is one that a host may have.
    var name: String {
        let file = recipe.split(separator: "/").last.map(String.init) ?? ""
        let stem =
            file.hasSuffix(".yaml") || file.hasSuffix(".yml") ? String(file[..<(file.lastIndex(of: ".") ?? file.endIndex)]) : file
        let plain = stem.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let name = String(String(plain).trimmingHyphens.prefix(40)).trimmingHyphens
        // A service of that name must begin with a letter.
        return name.isEmpty
            ? "lockstep" : name.first?.isLetter == true ? name : String("lockstep-\(name)".prefix(40)).trimmingHyphens
    }

    /// The job file's text.
    ///
    /// - Throws: `Failure.usage` where a value cannot stand in such a file, or the system has no such thing.
    public func file() throws -> String {
        try check()
        return switch system {
        case .slurm: SlurmJob(self).text
        case .pbs: PBSJob(self).text
        case .kubernetes: KubernetesJob(self).text
        }
    }

    /// Of `lockstep train`, but for the run directory, whether to resume, and a sweep's value.
    var trainingArguments: [String] {
        var words = [recipe, "--data", data] + training
        func isGiven(_ option: String) -> Bool { training.contains { $0 == option || $0.hasPrefix("\(option)=") } }
        if isPreemptable, !isGiven("--checkpoint-every") { words += ["--checkpoint-every", "10m"] }
        // PBS leaves ten seconds between SIGTERM and SIGKILL at the end of a job's time: training ends itself before.
        if isPreemptable, system == .pbs, !isGiven("--time-limit") { words += ["--time-limit", "\(time.seconds - time.notice)s"] }
        return words
    }

    /// The arguments of `lockstep train` of each job, to be checked before.
    public var trainingCommands: [[String]] {
        guard let sweep else { return [trainingArguments] }
        return sweep.values.map { trainingArguments + ["--\(sweep.option)", $0] }
    }

    /// The command that writes this very file.
    var command: String {
        var words = [
            "lockstep", "job", system.rawValue, recipe, "--data", data, "--nodes", "\(nodes)", "--ranks-per-node",
            "\(ranksPerNode)",
        ]
        words += ["--time", "\(time)"]
        if starter != .mpirun { words += ["--starter", starter.rawValue] }
        if let partition { words += ["--partition", partition] }
        if let image { words += ["--image", image] }
        if isPreemptable { words.append("--preemptable") }
        if let sweep { words += ["--array", "\(sweep.option)=\(sweep.values.joined(separator: ","))"] }
        if !training.isEmpty { words += ["--"] + training }
        return shellCommand(words)
    }

    /// A directive or a line of YAML ends at its line's end, and nothing quotes it before; what goes to the shell is quoted, but a line break in
    /// it would still end the comment that tells the command.
    /// - Throws: `Failure.usage` where a value cannot stand in a job file, or the system has no such thing.
    public func check() throws {
        for (name, value) in [("--nodes", nodes), ("--ranks-per-node", ranksPerNode)] where !(1...100_000).contains(value) {
            throw Failure(.usage, "\(name): found \(value), expected a number from 1 to 100000")
        }
        if let partition, partition.wholeMatch(of: /[A-Za-z0-9_.][A-Za-z0-9_.,@-]*/) == nil {
            throw Failure(.usage, "--partition: found '\(partition)', expected a name of letters, digits, '-', '_' and '.'")
        }
        if let image, image.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.\/:@-]*/) == nil {
            throw Failure(.usage, "--image: found '\(image)', expected an image's name, such as registry.example/lockstep:1.0")
        }
        for word in [recipe, data] + training + (sweep?.values ?? [])
        where word.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw Failure(.usage, "found a line break or another control character in '\(word)', which a job file cannot hold")
        }
        guard starter != .srun || system == .slurm else {
            throw Failure(.usage, "--starter srun is Slurm's: \(system.rawValue) jobs start their ranks by mpirun or launch")
        }
        guard (system == .kubernetes) == (image != nil) else {
            throw Failure(
                .usage,
                image == nil
                    ? "kubernetes jobs need --image, a container image with lockstep, Open MPI and sshd"
                    : "--image is for kubernetes alone")
        }
    }
}

/// How long a job may take.
public struct JobTime: Sendable, Equatable, CustomStringConvertible {
    public let seconds: Int

    public init(seconds: Int) { self.seconds = seconds }

    /// - Parameter text: `55m`, `2h`, `90s`, `HH:MM:SS` or `D-HH:MM:SS`.
    /// - Throws: `Failure.usage` where it is something else, or less than a minute.
    public init(parsing text: String) throws {
        var seconds = 0
        if let match = text.wholeMatch(of: /(\d{1,6})([smh])/), let number = Int(match.1) {
            seconds = number * (match.2 == "s" ? 1 : match.2 == "m" ? 60 : 3_600)
        } else if let match = text.wholeMatch(of: /(?:(\d{1,3})-)?(\d{1,4}):(\d\d):(\d\d)/) {
            let parts = [match.1 ?? "0", match.2, match.3, match.4].map { Int($0) ?? 0 }
            seconds = ((parts[0] * 24 + parts[1]) * 60 + parts[2]) * 60 + parts[3]
        }
        guard seconds >= 60 else {
            throw Failure(.usage, "--time: found '\(text)', expected at least a minute, as in 55m, 2h, 12:00:00 or 2-00:00:00")
        }
        self.seconds = seconds
    }

    /// `HH:MM:SS`, with as many hours as there are.
    public var description: String {
        [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// Seconds before the end at which training is told to stop: enough to write a checkpoint, and little of a short job.
    var notice: Int { min(120, seconds / 4) }
}

extension String {
    fileprivate var trimmingHyphens: String {
        String(drop { $0 == "-" }.reversed().drop { $0 == "-" }.reversed())
    }
}

extension JobRequest {
    /// The first lines of a job file: what it is, and the command that wrote it.
    ///
    /// - Parameters:
    ///   - one: what a training is as, such as `a Slurm job`.
    ///   - several: what a sweep is as.
    func heading(one: String, several: String) -> [String] {
        let subject = sweep == nil ? "A training as \(one)" : "A training for each value of an option as \(several)"
        return ["# \(subject), written by:", "#   \(command)"]
    }
}
