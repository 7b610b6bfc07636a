import ArgumentParser
import Benchmarks
import Diagnostics
import Foundation
import Networks
import Parallelism

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "What each way of keeping ranks in step sends, holds and takes, layer by layer; and which one to choose.",
        discussion: """
            By formulas from a latency, a bandwidth and an arithmetic rate; nothing is run. 'mpirun … lockstep bench allreduce --json' on the \
            hosts in question measures the first two, 'lockstep bench convolution' the third.

            lockstep plan alexnet32 --np 4 --global-batch 256 --bandwidth 0.12
            """)

    @Argument(help: "A built-in model, or a file with 'input', 'classes' and 'layers' in YAML.")
    var model: String

    @Option(name: .customLong("np"), help: "The number of ranks.")
    var ranks: Int

    @Option(help: "Samples per step over all ranks.")
    var globalBatch = 64

    @Option(help: "Height, width and channels of the images, as in 32,32,3.")
    var input: ShapeArgument?

    @Option(help: "The number of classes.")
    var classes: Int?

    @Option(help: "What 'lockstep bench allreduce --json' printed: latency and bandwidth are fitted to it.")
    var measured: String?

    @Option(help: "Microseconds before a message's first byte arrives. (default: 50)")
    var latency: Double?

    @Option(help: "GB/s that a rank sends. (default: 0.12, a link of 1 Gbit/s)")
    var bandwidth: Double?

    @Option(help: "GFLOP/s of a rank in matrix products.")
    var rate = 50.0

    func validate() throws {
        for (name, value) in [("--latency", latency), ("--bandwidth", bandwidth), ("--rate", rate)] {
            guard let value, !(value > 0 && value.isFinite) else { continue }
            throw ValidationError("\(name): found \(value), expected a number above 0")
        }
        guard globalBatch <= Int(Int32.max) else { throw ValidationError("--global-batch: at most \(Int32.max)") }
    }

    func run() throws {
        let model = try namedModel(model, input: input, classes: classes)
        let fit = try measured.map(Self.fit)
        let rates = RankRates(
            latency: latency.map { $0 * 1e-6 } ?? fit?.latency ?? 50e-6,
            bandwidth: bandwidth.map { $0 * 1e9 } ?? fit?.bandwidth ?? 0.12e9, arithmetic: rate * 1e9)
        let (predictions, refusal) = try StepPrediction.all(
            for: model, ranks: ranks, globalBatch: globalBatch, rates: rates)
        print(
            "\(model.name) on \(ranks) rank\(ranks == 1 ? "" : "s"), global batch \(globalBatch): "
                + "\(rounded(rates.latency * 1e6, 1)) µs, \(rounded(rates.bandwidth * 1e-9, 3)) GB/s, "
                + "\(rounded(rates.arithmetic * 1e-9, 1)) GFLOP/s a rank")
        for prediction in predictions { show(prediction) }
        showSummary(predictions)
        if let refusal { print("hybrid is not possible: \(refusal)") }
    }

    /// Of one rank and one step; a layer's time is that of all it computes and sends, whatever hides behind what.
    private func show(_ prediction: StepPrediction) {
        print("")
        let table = BenchTable(columns: [
            (prediction.strategy.description, -16), ("parameters", 13), ("sent KB", 12), ("held KB", 12), ("ms", 10),
        ])
        table.printTitles()
        for layer in prediction.layers {
            table.printRow([
                layer.name, layer.parameters.grouped, rounded(layer.sentBytes * 1e-3, 1), rounded(layer.heldBytes * 1e-3, 1),
                rounded(layer.seconds(passes: prediction.passes) * 1e3, 3),
            ])
        }
    }

    private func showSummary(_ predictions: [StepPrediction]) {
        print("")
        let table = BenchTable(columns: [
            ("whole step", -16), ("sent MB", 12), ("held MB", 12), ("computed ms", 13), ("waited ms", 12), ("step ms", 12),
            ("images/s", 12),
        ])
        table.printTitles()
        for prediction in predictions {
            let (step, computed) = (prediction.stepSeconds, prediction.computeSeconds)
            table.printRow([
                prediction.strategy.description, rounded(prediction.sentBytes * 1e-6, 2), rounded(prediction.heldBytes * 1e-6, 2),
                rounded(computed * 1e3, 2), rounded((step - computed) * 1e3, 2), rounded(step * 1e3, 2),
                rounded(Double(globalBatch) / step, 0),
            ])
        }
        guard let best = predictions.min(by: { $0.stepSeconds < $1.stepSeconds }) else { return }
        print("\nrecommended: \(best.strategy.flags)")
    }

    /// Latency and bandwidth of a rank's messages, from times of all-reduces: one of B bytes on K ranks sends 2·(K−1) messages of B/K.
    private static func fit(_ path: String) throws -> (latency: Double, bandwidth: Double) {
        let text: String
        do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
            throw Failure(.missing, "\(path) cannot be read: give the output of 'lockstep bench allreduce --json'")
        }
        let lines = text.split(separator: "\n").compactMap {
            try? JSONDecoder().decode(BenchAllReduce.Line.self, from: Data($0.utf8))
        }
        let ours = lines.filter {
            $0.method == AllReduceBenchmark.Method.exchange.rawValue && $0.buffers == AllReduceBenchmark.Buffers.rotated.rawValue
        }
        guard let ranks = ours.first?.ranks, ranks > 1, ours.allSatisfy({ $0.ranks == ranks }),
            let fit = LatencyFit(ours.compactMap { line in line.seconds["median"].map { (line.bytes, $0) } }),
            fit.latency > 0, fit.bandwidth > 0
        else {
            throw Failure(
                .badData,
                "\(path): found \(lines.count) measurements, expected those of 'lockstep bench allreduce --json' on one number of ranks above "
                    + "1, of several sizes")
        }
        let messages = 2 * Double(ranks - 1)
        return (fit.latency / messages, fit.bandwidth * messages / Double(ranks))
    }
}

extension Strategy {
    fileprivate var flags: String {
        switch self {
        case .replicated: "--parallelism replicated"
        case .sharded: "--parallelism sharded"
        case .hybrid(let scheme): "--parallelism hybrid --scheme \(scheme.rawValue)"
        }
    }
}
