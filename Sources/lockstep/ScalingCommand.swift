import ArgumentParser
import Benchmarks
import Cluster
import Diagnostics
import Foundation
import MPI
import Scaling
import Studies
import Training

struct ScalingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling",
        abstract: "Measure how a recipe's training steps scale over ranks, and where their time goes.",
        discussion: """
            Starts 'lockstep bench training' under mpirun for each rank count, in turns (1, 2, 4, 1, 2, 4 …), so that a machine that drifts decides \
            nothing. Strong scaling keeps the recipe's global batch; in weak scaling every rank has one as large. The baseline is the \
            faster of one rank with the recipe's micro-batches and one rank with a single one. Beside them as many ranks that train alone, at once: \
            what the machine itself allows. A rate whose 95 % interval is wider than a tenth of it is measured again, and marked if it still is. \
            Not to be started under mpirun; what Open MPI needs on other hosts is told it by OMPI_MCA_ variables.

            lockstep scaling recipe.yaml --np 1,2,4 --data data/cifar10
            lockstep scaling recipe.yaml --np 1,2,4,8 --weak --hostfile hosts --compute replay
            """)

    enum Compute: String, ExpressibleByArgument, CaseIterable { case real, replay }

    @Argument(help: "A recipe in YAML, or the name of a built-in one ('lockstep recipe list').")
    var recipe: String

    @Option(help: "The rank counts, separated by commas; one rank is always measured.")
    var np = "1,2,4"

    @Option(help: "The hosts, as Open MPI has them: a line for each, as in 'node1 slots=8'. (default: this one)")
    var hostfile: String?

    @Flag(help: "The same global batch at any rank count. (default: both)")
    var strong = false

    @Flag(help: "The same batch for every rank. (default: both)")
    var weak = false

    @Option(name: .customLong("repeat"), parsing: .unconditional, help: "Turns, in each of which every point is measured once.")
    var turns = 5

    @Option(parsing: .unconditional, help: "Steps of each measurement.")
    var steps = 100

    @Option(parsing: .unconditional, help: "Warm-up steps, which are not measured.")
    var warmUp = 10

    @Option(help: "The directory of the data set. (default: the recipe's)")
    var data: String?

    @OptionGroup var batch: BatchOptions

    @OptionGroup var strategy: StrategyOptions

    @Option(help: "A setting of the recipe that goes over its own, such as optimiser.momentum=0.9. May be repeated.")
    var set: [String] = []

    @Option(
        help:
            "real; or replay: each computing operation sleeps what it took one rank, while the exchange is real, so that many hosts can be measured on few cores."
    )
    var compute = Compute.real

    @Option(
        help:
            "The network to predict with: latency and bandwidth, as in 10us,1.2GB/s, or the scaling.json of another measurement on these hosts, whose sums are taken. (default: fitted to sums on the same hosts)"
    )
    var network: String?

    @Flag(help: "Allow more ranks than cores, which then take turns.")
    var oversubscribe = false

    @Option(help: "Where scaling.json and all that it comes from is written. (default: the next free one in scaling/)")
    var directory: String?

    func run() throws {
        try LaunchEnvironment.refuse(for: "scaling")
        let request = try request()
        try request.check()
        let place = try ScalingDirectory.make(
            at: directory, named: URL(fileURLWithPath: recipe).deletingPathExtension().lastPathComponent)
        let console = ScalingConsole()
        var measurement = try ScalingMeasurement(
            request, in: place, command: CommandLine.arguments, environment: .here(request.hosts), progress: console.measured)
        try measurement.run(warn: console.warn)
        try measurement.note(peak: PeakRate.measure())
        console.ended(measurement.record, in: place)
    }

    private func request() throws -> ScalingRequest {
        try Experiment.check(turns, "--repeat")
        try Experiment.check(steps, "--steps")
        try Experiment.check(warmUp, "--warm-up", from: 0)
        let counts = try RankCounts.parse(np)
        var recipe = try Recipe.read(recipe).with(set.map(RecipeSetting.init(parsing:)))
        batch.change(&recipe)
        recipe.set(data.map(Optional.some), \.execution.data)
        strategy.change(&recipe)
        try recipe.validate()
        guard let folder = recipe.execution.data else { throw Failure.noDataSet }
        // Ranks on other hosts may start elsewhere.
        recipe.execution.data = URL(fileURLWithPath: folder).standardizedFileURL.path
        guard compute == .real || recipe.execution.parallelism != .hybrid else {
            throw Failure(
                .usage,
                "--compute replay: found --parallelism hybrid, whose layers are divided over ranks; expected replicated or sharded")
        }
        var request = ScalingRequest(
            name: self.recipe, recipe: recipe, rankCounts: counts,
            modes: ScalingMode.allCases.filter { strong == weak || $0 == (strong ? .strong : .weak) })
        (request.turns, request.steps, request.warmUp) = (turns, steps, warmUp)
        request.hosts = try hostfile.map(Hostfile.init(path:))
        (request.oversubscribes, request.replays) = (oversubscribe, compute == .replay)
        if let network, network.hasSuffix(".json") {
            request.sums = try ScalingRecord.read(network).sums
        } else {
            request.link = try network.map(NetworkModel.Link.init(parsing:))
        }
        return request
    }
}

extension ScalingEnvironment {
    /// What is measured on: these hosts, or this one. Measures a core's peak rate.
    static func here(_ hosts: Hostfile? = nil) -> ScalingEnvironment {
        ScalingEnvironment(
            release: Release.version, processor: hostProcessorName() ?? "?", cores: Cores.physical,
            hosts: hosts?.hosts.map(\.name) ?? [ProcessInfo.processInfo.hostName], mpi: MPIEnvironment.libraryVersion,
            system: ProcessInfo.processInfo.operatingSystemVersionString, peak: [PeakRate.measure()])
    }
}
