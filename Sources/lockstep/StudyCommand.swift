import ArgumentParser
import Datasets
import Diagnostics
import Foundation
import MPI
import Reports
import Studies
import Training

struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Repeat a report's experiment, or one of your own: many runs, one answer.",
        discussion: """
            Trials are ordinary runs, each started under mpirun with a run directory of its own. Workers claim them in the study's directory; \
            the same command, on this host or on others that share the folder, joins a study that is under way, and goes on with one that was \
            ended. Which worker runs a trial does not change its result. Not to be started under mpirun.

            \(BuiltInStudy.all.map { TerminalWidth.padded($0.name, to: 18) + $0.summary }.joined(separator: "\n"))

            lockstep study batch-size --data data/cifar10 --seeds 3 --workers 2
            lockstep study steps-to-target --preset mlp --data data/mnist --quick --workers 2
            lockstep study steps-to-target --preset simple-cnn --data data/mnist --vary model.width=0.5,1,2
            lockstep study recipe.yaml --vary optimiser.rate=0.1,0.01 --vary model.channels=4,8,16
            """)

    @Argument(help: "A study by its name, or, with --vary, a recipe in YAML or the name of a built-in one.")
    var study: String

    @Option(
        help: "Where the study stands. (default: the first of studies/NAME-1, studies/NAME-2, … that is this very study, or free)")
    var directory: String?

    @Option(
        help: "The directory of the data set. (default: the recipe's; of a named study, where 'lockstep data fetch' puts its set)")
    var data: String?

    @Option(parsing: .unconditional, help: "Epochs of each trial. (default: the study's or the recipe's)")
    var epochs: Int?

    @Option(parsing: .unconditional, help: "The share of the training images to train on. (default: 1)")
    var subset: Double?

    @Option(parsing: .unconditional, help: "Trials of each point, of a seed each; two or more tell the spread.")
    var seeds = 1

    @Flag(help: "Fewer epochs or trials, so that it ends in about ten minutes.")
    var quick = false

    @Option(
        help:
            "A setting of the recipe that all trials begin with, such as optimiser.momentum=0.9; what a study varies goes over it. May be repeated."
    )
    var set: [String] = []

    @Option(
        help:
            "A setting of the recipe by its dotted path, and the values to try; of steps-to-target, workloads that are searched alike. May be repeated."
    )
    var vary: [String] = []

    @Option(parsing: .unconditional, help: "Try this many combinations of --vary, drawn by --seed. (default: all)")
    var random: Int?

    @Option(parsing: .unconditional, help: "The seed of --random.")
    var seed: UInt64 = 1

    @OptionGroup(title: "Options of steps-to-target")
    var search: SearchOptions

    @Option(parsing: .unconditional, help: "Trials at once, each on cores of its own as far as there are enough.")
    var workers = 1

    @Option(parsing: .unconditional, help: "Ranks of each trial.")
    var ranksPerTrial = 1

    @Flag(help: "List the trials and an estimate of the time, from some timed steps, and run none.")
    var dryRun = false

    func run() throws {
        try LaunchEnvironment.refuse(for: "study")
        for (name, value) in [("--workers", workers), ("--ranks-per-trial", ranksPerTrial), ("--seeds", seeds)]
        where !RankCounts.all.contains(value) {
            throw Failure(.usage, "\(name): found \(value), expected a number from 1 to \(RankCounts.all.upperBound)")
        }
        let planned = try plan()
        if dryRun { return try estimate(planned) }
        let place = try StudyDirectory.join(
            planned, at: directory, command: CommandLine.arguments, ranksPerTrial: ranksPerTrial)
        let console = StudyConsole(planned, in: place)
        console.started(workers: workers, ranks: ranksPerTrial)
        let outcomes = try StudyRunner(planned, in: place, workers: workers, ranksPerTrial: ranksPerTrial).run(
            progress: console.look)
        let table = ResultTable(planned, outcomes)
        func write() throws {
            try table.write(to: place)
            try StudyPage(table, command: place.record().command, speedUps: place.speedUps(of: planned)).write(to: place)
        }
        // What trials came to must not hang on whether steps can be timed.
        try write()
        do {
            if try place.measureSpeedUps(of: planned, environment: .here(), progress: console.timing) { try write() }
        } catch { console.warn("\(error)") }
        console.ended(table)
        try checkAnyResult(outcomes)
    }

    private func plan() throws -> Study {
        if !vary.isEmpty, BuiltInStudy.named(study)?.takesWorkloads != true {
            if BuiltInStudy.named(study) != nil {
                throw Failure(.usage, "--vary: \(study) varies its own settings; give a recipe, or steps-to-target, or --set")
            }
            let recipe = try Recipe.read(study)
            guard let folder = data ?? recipe.execution.data else { throw Failure.noDataSet }
            try search.refuse(beside: "--vary")
            return try VaryStudy.study(
                vary.map(VaryStudy.Axis.init), over: recipe, request: request(folder), draws: random, seed: seed)
        }
        guard let named = BuiltInStudy.named(study) else { throw BuiltInStudy.unknown(study) }
        if random != nil { throw Failure(.usage, "--random draws from what --vary gives: give --vary") }
        guard ranksPerTrial >= named.leastRanks else {
            throw Failure(
                .usage,
                "\(named.name) is about several ranks: give --ranks-per-trial \(named.leastRanks) or more, found \(ranksPerTrial)")
        }
        if named.name != "steps-to-target" { try search.refuse(beside: named.name) }
        return try named.study(request(data ?? named.usualData))
    }

    private func request(_ folder: String) throws -> StudyRequest {
        var request = StudyRequest(dataset: try Dataset.open(directory: folder))
        (request.seeds, request.epochs, request.isQuick, request.subset) = (seeds, epochs, quick, subset)
        request.settings = try set.map(RecipeSetting.init(parsing:))
        request.search = try search.search()
        request.search.workloads = try vary.map(VaryStudy.Axis.init)
        return request
    }

    private func estimate(_ study: Study) throws {
        let terminal = Terminal()
        let estimate = try TimeEstimate.timing(study, ranks: ranksPerTrial) { kind, count in
            if terminal.isInteractive { terminal.progress("timing \(kind) of \(count) kinds of trial") }
        }
        terminal.endProgress()
        let table = Table(
            columns: [.init("trial"), .init("settings"), .init("seed", .trailing), .init("about", .trailing)],
            rows: study.trials.map { trial in
                [trial.name, trial.label, "\(trial.seed)", duration(estimate.seconds[trial.name] ?? .nan)].map { Table.Cell($0) }
            })
        for line in table.text(columns: Terminal.columns) { print(line) }
        print(
            "\(study.trials.count) trials, about \(duration(estimate.total(of: study.trials, workers: workers))) with \(workers) "
                + "worker\(workers == 1 ? "" : "s")"
                + (study.trials.contains { $0.recipe.execution.goal != nil } ? ", less where trials end at their goal" : ""))
    }

    /// A study whose trials all failed has found nothing, and ends as the first of them did.
    private func checkAnyResult(_ outcomes: [TrialOutcome]) throws {
        guard case .failed(let code, let words)? = outcomes.first?.status,
            outcomes.allSatisfy({ if case .failed = $0.status { true } else { false } })
        else {
            return
        }
        throw Failure(Failure.Kind(rawValue: code) ?? .fault, "all trials failed: \(words.last ?? "exit code \(code)")")
    }
}

struct SearchOptions: ParsableArguments {
    @Option(help: "The workload: mlp, simple-cnn or resnet8-plain. (default: mlp)")
    var preset: StepsToTargetPreset.Name?

    @Option(help: "Global batches, separated by commas. (default: the preset's)")
    var batches: String?

    @Option(help: "Of sgd, momentum and nesterov, separated by commas. (default: sgd,nesterov)")
    var optimisers: String?

    @Option(parsing: .unconditional, help: "Trials of each batch and optimiser; the paper has 100. (default: 20, with --quick 6)")
    var trials: Int?

    @Option(help: "The range of the effective rate, rate ÷ (1 − momentum): LOW:HIGH. (default: the preset's)")
    var rates: String?

    @Option(help: "The range of 1 − momentum: LOW:HIGH. (default: 0.01:0.5)")
    var frictions: String?

    @Option(parsing: .unconditional, help: "The validation error to come below. (default: the preset's)")
    var goal: Double?

    func refuse(beside other: String) throws {
        let given: [(String, Bool)] = [
            ("--preset", preset != nil), ("--batches", batches != nil), ("--optimisers", optimisers != nil),
            ("--trials", trials != nil),
            ("--rates", rates != nil), ("--frictions", frictions != nil), ("--goal", goal != nil),
        ]
        if let first = given.first(where: \.1) { throw Failure(.usage, "\(first.0) is for steps-to-target, not for \(other)") }
    }

    func search() throws -> StudyRequest.Search {
        var search = StudyRequest.Search()
        search.preset = preset ?? search.preset
        search.batches = try batches.map { text in
            let batches = text.split(separator: ",").map { Int($0) ?? 0 }
            guard !batches.isEmpty, batches.allSatisfy({ $0 > 0 }), Set(batches).count == batches.count else {
                throw Failure(.usage, "--batches: found '\(text)', expected different batch sizes, such as 16,64,256")
            }
            return batches
        }
        search.methods = try optimisers.map { text in
            let methods = text.split(separator: ",").compactMap { SearchSpace.Method(rawValue: String($0)) }
            guard !methods.isEmpty, methods.count == text.split(separator: ",").count, Set(methods).count == methods.count else {
                throw Failure(
                    .usage, "--optimisers: found '\(text)', expected some of sgd, momentum and nesterov, such as sgd,nesterov")
            }
            return methods
        }
        if let trials {
            guard (1...1_000).contains(trials) else {
                throw Failure(.usage, "--trials: found \(trials), expected a number from 1 to 1000")
            }
        }
        search.trials = trials
        search.rates = try rates.map { try Self.range($0, "--rates", below: .infinity) }
        search.frictions = try frictions.map { try Self.range($0, "--frictions", below: 1) }
        if let goal, !(goal > 0 && goal < 1) {
            throw Failure(.usage, "--goal: found \(goal), expected a validation error between 0 and 1")
        }
        search.goal = goal
        return search
    }

    private static func range(_ text: String, _ name: String, below limit: Double) throws -> ClosedRange<Double> {
        let ends = text.split(separator: ":").map { Double($0) ?? 0 }
        guard ends.count == 2, ends[0] > 0, ends[0] < ends[1], ends[1] < limit else {
            throw Failure(
                .usage,
                "\(name): found '\(text)', expected two numbers above 0\(limit < .infinity ? " and below 1" : ""), such as 0.01:0.5"
            )
        }
        return ends[0]...ends[1]
    }
}

extension StepsToTargetPreset.Name: ExpressibleByArgument {}
