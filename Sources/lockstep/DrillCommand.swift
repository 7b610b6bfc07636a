import ArgumentParser
import Cluster
import Diagnostics
import Foundation
import MPI
import Reports
import Training

struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Plant faults in small trainings, and see whether each is told, ended and recovered from.",
        discussion: """
            Each fault strikes a training of its own at a rank and step drawn by the seed. Told: the failure report names the rank and what \
            befell it. Ended: mpirun and all ranks are gone by themselves. Recovered: started again by 'lockstep launch', the training \
            ends with the bytes of an undisturbed one. What a failed one leaves stays in the directory.
            """)

    @Option(parsing: .unconditional, help: "How many faults; each kind in turn.")
    var faults = 20

    @Option(help: "The rank counts, separated by commas.")
    var np = "2,3,4"

    @Option(parsing: .singleValue, help: "A kind of fault; may be repeated. (default: all)")
    var kind: [PlannedFault.Kind] = []

    @Option(parsing: .unconditional, help: "The seed of ranks, steps and operations.")
    var seed: UInt64 = 1

    @Option(parsing: .unconditional, help: "The trainings' deadline for waits.")
    var deadline = TimeSpan(seconds: 3)

    @Option(help: "A directory to be made.")
    var directory = "drill"

    @Option(help: "Hosts for the trainings, a rank on each: a line 'NAME slots=1' for each. (default: this one)")
    var hostfile: String?

    @Option(
        help: ArgumentHelp(
            "The hosts' network interface that a cut link takes down for a minute, and with it whatever else goes that way. For a lab's "
                + "hosts alone, whose 'eth0' leads to one another and nowhere else. Needs root.",
            valueName: "name"))
    var cutInterface: String?

    func run() throws {
        try LaunchEnvironment.refuse(for: "drill")
        try Experiment.check(faults, "--faults")
        guard cutInterface == nil || hostfile != nil else {
            throw Failure(.usage, "--cut-interface cuts links between hosts: give them by --hostfile")
        }
        let kinds = kind.isEmpty ? PlannedFault.Kind.allCases : kind
        let rankCounts = try RankCounts.parse(np)
        let hosts = try hostfile.map {
            try DrillHosts(Hostfile(path: $0), interface: cutInterface, rankCounts: rankCounts)
        }
        let drill = try Drill(
            faults: faults, kinds: kinds, rankCounts: rankCounts, hosts: hosts, seed: seed, deadlineSeconds: deadline.seconds,
            directory: directory)
        let left = Set(kinds).subtracting(drill.faults.map(\.kind))
        if !left.isEmpty { print("not struck: \(left.map(\.rawValue).sorted().joined(separator: ", "))") }
        var outcomes: [DrillOutcome] = []
        let start = Date()
        for (index, fault) in drill.faults.enumerated() {
            let outcome = try drill.strike(fault, number: index + 1)
            outcomes.append(outcome)
            let seconds = Date().timeIntervalSince(start) / Double(index + 1) * Double(faults - index - 1)
            print(
                "[\(index + 1)/\(faults)] \(fault.kind.rawValue), rank \(fault.rank) of \(fault.ranks), step \(fault.step): "
                    + "\(outcome.isGood ? "good" : "BAD") – \(outcome.told ?? "nothing was told"); about \(Int(seconds)) s left")
            fflush(nil)
        }
        print("")
        for line in Self.table(outcomes).text(columns: 100) { print(line) }
        let bad = outcomes.filter { !$0.isGood }.count
        let seconds = outcomes.compactMap(\.secondsToTheEnd).sorted()
        if let longest = seconds.last {
            print("time to the end of all: median \(Self.text(seconds[seconds.count / 2])) s, longest \(Self.text(longest)) s")
        }
        guard bad == 0 else {
            throw Failure(
                .fault,
                "\(bad) of \(outcomes.count) faults were not told, ended or recovered from as they should be; see \(directory)")
        }
        print("all \(outcomes.count) faults were told, ended and recovered from")
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A row for each kind.
    private static func table(_ outcomes: [DrillOutcome]) -> Table {
        Table(
            columns: [
                .init("fault"), .init("times", .trailing), .init("told rightly", .trailing), .init("ended", .trailing),
                .init("same bytes", .trailing), .init("begun anew", .trailing), .init("seconds to the end", .trailing),
            ],
            rows: PlannedFault.Kind.allCases.compactMap { kind in
                let those = outcomes.filter { $0.fault.kind == kind }
                guard !those.isEmpty else { return nil }
                func count(_ isCounted: (DrillOutcome) -> Bool) -> Table.Cell { Table.Cell("\(those.filter(isCounted).count)") }
                let seconds = those.compactMap(\.secondsToTheEnd).sorted()
                return [
                    Table.Cell(kind.rawValue), count { _ in true }, count(\.isToldRightly), count(\.isOver), count(\.isSame),
                    count { $0.recoveredFrom == nil },
                    Table.Cell(seconds.last.map { "\(text(seconds[0])) – \(text($0))" } ?? "–"),
                ]
            })
    }

    private static func text(_ seconds: Double) -> String { String(format: "%.1f", seconds) }
}

extension PlannedFault.Kind: ExpressibleByArgument {}
