import ArgumentParser
import Benchmarks
import Foundation
import Kernels
import Networks
import Training

struct BenchConvolution: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convolution",
        abstract: "Time and rounding error of a model's convolutions, each direction for itself.",
        discussion: """
            ms is one call's median; prepare is what laying the weights out takes, once a step. GFLOP/s counts the direct algorithm's \
            multiply-adds, so Winograd's may be above 100 % of the peak. The residual is the largest error relative to the largest magnitude, \
            against plain loops in Double where these are quick, else against im2col. Layers of one shape are measured once.

            lockstep bench convolution --model resnet20 --all
            """)

    @Option(help: "A built-in model, or a file with 'input', 'classes' and 'layers' in YAML.")
    var model: String

    @Option(help: "Images in a call.")
    var batch = 128

    @Option(name: .customLong("repeat"), help: "Calls whose median counts.")
    var repeats = 5

    @Option(help: "Height, width and channels of the images, as in 32x32x3.")
    var input: ShapeArgument?

    @Flag(name: .customLong("all"), help: "Every algorithm that takes the shape; '*' marks the one that training takes.")
    var measuresAll = false

    func run() throws {
        try Experiment.check(batch, "--batch")
        try Experiment.check(repeats, "--repeat")
        var benchmark = ConvolutionBenchmark()
        (benchmark.batch, benchmark.repeats, benchmark.measuresAll) = (batch, repeats, measuresAll)
        let layers = try ConvolutionBenchmark.layers(of: try namedModel(model, input: input, classes: nil))
        let width = max(5, layers.map { label($0).count }.max() ?? 0)
        let table = BenchTable(columns: [
            ("layer", -width), ("shape", -30), ("direction", -9), ("algorithm", -10), ("CPU ms", 9), ("wall ms", 9), ("prepare", 8),
            ("GFLOP/s", 8), ("% peak", 7), ("residual", 8),
        ])
        table.printTitles()
        var chosen: [ConvolutionBenchmark.Result] = []
        var peaks: [Double] = []
        for layer in layers {
            try benchmark.run(layer) { result in
                if result.isChosen { chosen.append(result) }
                peaks.append(result.peak)
                table.printRow([
                    label(layer), describe(layer.shape), result.direction.rawValue,
                    result.algorithm + (measuresAll && result.isChosen ? " *" : ""), rounded(result.seconds.cpu * 1e3, 2),
                    rounded(result.seconds.wall * 1e3, 2), rounded(result.prepareSeconds.cpu * 1e3, 2),
                    rounded(result.flopRate * 1e-9, 1), rounded(100 * result.flopRate / result.peak, 0),
                    String(format: "%.1e", result.residual),
                ])
            }
        }
        summarise(chosen, peaks)
    }

    /// All layers together, by the table's choices.
    private func summarise(_ chosen: [ConvolutionBenchmark.Result], _ peaks: [Double]) {
        guard let lowest = peaks.min(), let highest = peaks.max() else { return print("no convolutions") }
        let seconds = chosen.reduce(0) { $0 + Double($1.layer.count) * $1.seconds.cpu }
        let flops = chosen.reduce(0) { $0 + Double($1.layer.count) * $1.flops }
        print("")
        print("all layers, batch \(batch): \(rounded(seconds * 1e3, 1)) ms CPU, \(rounded(flops / seconds * 1e-9, 1)) GFLOP/s")
        print("peak of this core: \(rounded(lowest * 1e-9, 1)) to \(rounded(highest * 1e-9, 1)) GFLOP/s")
    }

    private func label(_ layer: ConvolutionBenchmark.Layer) -> String {
        layer.count == 1 ? layer.name : "\(layer.name) and \(layer.count - 1) more"
    }

    private func describe(_ shape: ConvolutionShape) -> String {
        "\(shape.height)×\(shape.width)×\(shape.inputChannels)→\(shape.outputHeight)×\(shape.outputWidth)×\(shape.outputChannels)"
            + " \(shape.kernelHeight)×\(shape.kernelWidth)" + (shape.stride > 1 ? "/\(shape.stride)" : "")
    }
}
