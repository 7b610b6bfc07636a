import Diagnostics
import Foundation
import Synchronization

/// Finds out what the checks go by, and changes nothing that stays.
///
/// Hosts are asked by starting this very executable on them through mpirun, as a training would be started: what keeps a probe from
/// starting would keep a training from it.
public struct FactGathering: Sendable {
    public let request: DoctorRequest
    /// The MPI library, as it tells itself.
    public let library: String
    /// The rank command that writes a process's facts, and its options.
    public let probe: [String]
    /// Seconds that a start may take.
    public let patience: Double

    public init(_ request: DoctorRequest, library: String, probe: [String], patience: Double) {
        (self.request, self.library, self.probe, self.patience) = (request, library, probe, patience)
    }

    /// - Throws: `Failure.io` where not even a temporary file can be written.
    public func facts() throws -> ClusterFacts {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-doctor-\(getpid())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw Failure(.io, "\(folder) cannot be made: \(reason(error))")
        }
        let environment = ProcessInfo.processInfo.environment
        let found = try MPIPrograms.found(in: environment["PATH"] ?? "", folder: folder)
        let told = ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_MCA_", "OPENBLAS_", "GOTO_", "OMP_NUM_"]
        let launcher = LauncherFacts(
            mpirun: found.first { $0.isFirst }?.program, otherPrograms: found.filter { !$0.isFirst }.map(\.program),
            library: library, isRoot: geteuid() == 0,
            environment: environment.filter { name, _ in told.contains { name.hasPrefix($0) } },
            executable: try Program.ownPath())
        var facts = ClusterFacts(request: request, launcher: launcher)
        guard launcher.mpirun != nil else { return facts }
        Self.makeSSHImpatient(environment)
        let mark = Mark(in: request.place)
        defer { mark?.remove() }
        let arguments = probe + ["--run", request.place.absolutePath] + (mark.map { ["--mark", $0.name] } ?? [])
        try startAll(arguments, in: folder, into: &facts)
        HostNames.assign(request.hosts.map(\.name), to: &facts.hosts)
        if facts.ranks.isEmpty, !request.hosts.isEmpty { try askEach(arguments, in: folder, into: &facts) }
        // They answer in any order, and the first one is what others are compared with: rank 0's.
        let order = request.hosts.map(\.name)
        facts.hosts.sort { place($0, in: order) < place($1, in: order) }
        return facts
    }

    private func place(_ host: HostFacts, in order: [String]) -> Int {
        host.askedAs.flatMap { order.firstIndex(of: $0) } ?? order.count
    }

    /// TCP alone would wait for minutes, and nobody is there to type a password.
    private static func makeSSHImpatient(_ environment: [String: String]) {
        guard environment["OMPI_MCA_plm_rsh_agent"] == nil else { return }
        setenv("OMPI_MCA_plm_rsh_args", "-oConnectTimeout=10 -oBatchMode=yes", 0)
    }

    /// As the training would be started; but not so many ranks that they would take turns.
    private func startAll(_ arguments: [String], in folder: String, into facts: inout ClusterFacts) throws {
        let hosts = try request.hostfile.map(Hostfile.init(path:))
        let room = max(2, RankLaunch.cores(of: hosts) ?? request.ranks)
        let ranks = max(request.hosts.isEmpty ? 2 : 1, min(request.ranks, room))
        // Every host has a rank, whatever the order in which slots would be filled, and none more than it has slots.
        let spread = hosts.map { file in
            min((ranks + file.hosts.count - 1) / file.hosts.count, file.hosts.compactMap(\.slots).min() ?? .max)
        }
        let launch = RankLaunch(
            ranks: spread.map { $0 * request.hosts.count } ?? ranks, arguments: arguments, hosts: hosts, ranksPerHost: spread)
        let end = try run(launch, output: "\(folder)/all.txt")
        let read = FactLines.read(end.output)
        (facts.hosts, facts.ranks) = (read.hosts, read.ranks)
        facts.start = StartFacts(
            processes: launch.ranks, exitCode: end.code, isOverdue: end.isOverdue, words: Array(read.words.suffix(12)))
    }

    /// Each host alone, some at once: which of them do not answer?
    private func askEach(_ arguments: [String], in folder: String, into facts: inout ClusterFacts) throws {
        let answers = Mutex<[Int: (hosts: [HostFacts], unreached: UnreachedHost?)]>([:])
        let failure = Mutex<Failure?>(nil)
        DispatchQueue.concurrentPerform(iterations: request.hosts.count) { index in
            let name = request.hosts[index].name
            do {
                let file = "\(folder)/host-\(index)"
                try Data("\(name) slots=1\n".utf8).writeReplacing(file)
                let launch = RankLaunch(ranks: 1, arguments: arguments, hosts: try Hostfile(path: file), ranksPerHost: 1)
                let end = try run(launch, output: "\(file).txt")
                let read = FactLines.read(end.output)
                let unreached =
                    read.hosts.isEmpty
                    ? UnreachedHost(name: name, words: Self.words(read.words, isOverdue: end.isOverdue)) : nil
                answers.withLock { $0[index] = (read.hosts, unreached) }
            } catch {
                failure.withLock { $0 = Failure(reporting: error) }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        let all = answers.withLock { $0 }
        for index in request.hosts.indices {
            guard let answer = all[index] else { continue }
            for var host in answer.hosts where !facts.hosts.contains(where: { $0.name == host.name }) {
                host.askedAs = request.hosts[index].name
                facts.hosts.append(host)
            }
            if let unreached = answer.unreached { facts.unreached.append(unreached) }
        }
    }

    /// What ssh said, where it did; else mpirun's own first words.
    static func words(_ lines: [String], isOverdue: Bool) -> String {
        let ssh = lines.first { line in
            ["ssh:", "Permission denied", "Host key verification failed", "command not found", "No such file"].contains {
                line.contains($0)
            }
        }
        return ssh ?? (isOverdue ? "no answer in time" : lines.first ?? "it says nothing")
    }

    private func run(_ launch: RankLaunch, output: String) throws -> (code: Int32, output: String, isOverdue: Bool) {
        let (code, isOverdue) = try within(seconds: patience) { try launch.run(output: output, ending: $0) }
        return (code, (try? String(contentsOfFile: output, encoding: .utf8)) ?? "", isOverdue)
    }
}

/// A file by which other hosts see whether a directory is the same for them.
private struct Mark {
    let name = ".lockstep-doctor-\(UUID().uuidString)"
    private let path: String

    /// Nil where it cannot be made.
    init?(in place: String) {
        path = "\(HostProbe.existing(place))/\(name)"
        guard FileManager.default.createFile(atPath: path, contents: nil) else { return nil }
    }

    func remove() { unlink(path) }
}

extension String {
    /// From the root, as other hosts can take it.
    var absolutePath: String { URL(fileURLWithPath: self).standardizedFileURL.path }
}

/// Runs a job that is asked to end when the time is over.
func within<Value>(seconds: Double, _ body: (JobEnding) throws -> Value) rethrows -> (value: Value, isOverdue: Bool) {
    let ending = JobEnding()
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + seconds, repeating: 1)
    timer.setEventHandler { ending.ask() }
    timer.resume()
    defer { timer.cancel() }
    let value = try body(ending)
    return (value, ending.isAsked)
}
