import ArgumentParser
import Cluster
import Diagnostics
import Foundation
import MPI
import Reports
import Training

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find what would keep a job from running well here, or on other hosts, and say what to do about it.",
        discussion: """
            Starts a probe on every host by mpirun, as a training would be started, and looks at what it tells: mpirun and its library, root, cores, \
            bindings, BLAS threads, networks, clocks, processors, executables, data, the run directory, disks, /dev/shm and memory. Nothing that it \
            writes stays. Ends with 0 where no error was found, else with the exit code of the first one; the last line is the command to use here. \
            Not to be started under mpirun.

            lockstep doctor
            lockstep doctor -np 8 --hostfile hosts recipe.yaml --data data/cifar10 --run runs/first
            """)

    @Argument(help: "A recipe in YAML, or the name of a built-in one, whose need of memory is looked at; with --data.")
    var recipe: String?

    @Option(
        name: [.customLong("np"), .customLong("np", withSingleDash: true)],
        help: "The number of ranks. (default: one for each core)")
    var ranks: Int?

    @Option(help: "The hosts, as Open MPI has them: a line for each, as in 'node1 slots=8'. (default: this one)")
    var hostfile: String?

    @Option(help: "The directory of the data set, the same on every host. (default: the recipe's)")
    var data: String?

    @Option(name: .customLong("run"), help: "The run directory. (default: a new one in runs/)")
    var runDirectory: String?

    @Option(parsing: .unconditional, help: "Seconds to wait for the hosts.")
    var patience = 60.0

    @Flag(help: "One line of JSON: checks, facts and the command.")
    var json = false

    func validate() throws {
        if let ranks, !RankCounts.all.contains(ranks) {
            throw ValidationError("-np: found \(ranks), expected a number from 1 to \(RankCounts.all.upperBound)")
        }
        guard patience > 0, patience <= 3_600 else {
            throw ValidationError("--patience: found \(patience), expected seconds above 0, at most 3600")
        }
    }

    func run() throws {
        try LaunchEnvironment.refuse(for: "doctor")
        let hosts = try hostfile.map(Hostfile.init(path:))
        let recipe = try recipe.map(Recipe.read)
        let data = data ?? recipe?.execution.data
        let request = DoctorRequest(
            ranks: ranks ?? RankLaunch.cores(of: hosts) ?? hosts?.hosts.count ?? 1, hostfile: hosts, recipe: self.recipe,
            data: data,
            run: runDirectory)
        let probe = ["doctor-probe"] + (data.map { ["--data", URL(fileURLWithPath: $0).standardizedFileURL.path] } ?? [])
        let gathering = FactGathering(request, library: MPIEnvironment.libraryVersion, probe: probe, patience: patience)
        var facts = try gathering.facts()
        if let recipe, let data {
            do { facts.plan = try PlanFacts(recipe, data: data, ranks: request.ranks, hosts: max(1, request.hosts.count)) } catch {
                facts.planFailure = Failure(reporting: error).description
            }
        }
        let examination = Examination(facts)
        if json { try printJSON(DoctorReport(examination, facts)) } else { show(examination, facts) }
        fflush(nil)
        Foundation.exit(examination.exitCode)
    }

    private func show(_ examination: Examination, _ facts: ClusterFacts) {
        let (state, name) = (9, 15)
        for (check, finding) in examination.findings {
            print(
                TerminalWidth.padded(finding.severity.name, to: state) + TerminalWidth.padded(check.name, to: name) + finding.found)
            guard !finding.remedy.isEmpty else { continue }
            print(String(repeating: " ", count: state + name) + "do: " + finding.remedy)
        }
        let errors = examination.findings.count { $0.finding.severity == .error }
        let warnings = examination.findings.count { $0.finding.severity == .warning }
        print("")
        print("\(errors) error\(errors == 1 ? "" : "s"), \(warnings) warning\(warnings == 1 ? "" : "s"); here one would use:")
        print(facts.suggestedCommand)
    }
}

/// `lockstep doctor --json`.
private struct DoctorReport: Encodable {
    struct Line: Encodable {
        let check: String
        let severity: String
        let found: String
        let remedy: String
    }

    let checks: [Line]
    let facts: ClusterFacts
    let command: String
    let exitCode: Int32

    init(_ examination: Examination, _ facts: ClusterFacts) {
        checks = examination.findings.map { check, finding in
            Line(check: check.name, severity: "\(finding.severity)", found: finding.found, remedy: finding.remedy)
        }
        self.facts = facts
        command = facts.suggestedCommand
        exitCode = examination.exitCode
    }
}
