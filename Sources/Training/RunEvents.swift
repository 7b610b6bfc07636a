import EventLog
import ImageFiles
import Kernels
import Networks

/// The run as TensorBoard shows it: the numbers of metrics.csv, settings, histograms and the first layer's filters.
final class RunEvents {
    private let file: EventFile
    /// The step whose learning rate and epoch are told: once, though several rows may be of one step.
    private var toldStep: Int?

    /// - Parameter step: the steps that were taken before.
    /// - Throws: `Failure.io`.
    init(directory: String, host: String, goingOnAfter step: Int, experiment: Experiment, execution: Execution, ranks: Int) throws {
        file = try EventFile(directory: directory, host: host, goingOnAfter: step)
        var parameters = try experiment.settings().compactMapValues(HyperParameter.init(json:))
        parameters["ranks"] = .number(Double(ranks))
        parameters["parallelism"] = .text(execution.parallelism.rawValue)
        let splits: [MetricsRow.Split] = [.test] + (experiment.split.validation > 0 ? [.validation] : []) + [.train]
        let metrics = splits.flatMap { split in
            ["accuracy", "loss"].map { ShownMetric(tag: "\($0)/\(split.rawValue)", title: "\($0), \(split.rawValue)") }
        }
        try file.appendSettings(parameters, metrics: metrics + [ShownMetric(tag: "images_per_second/train", title: "images/s")])
    }

    /// Adds a row's numbers, as Float: `loss/train`, `accuracy/train` and so on for each split, and `learning_rate` and `epoch` of its step.
    func append(_ row: MetricsRow) throws {
        let split = row.split.rawValue
        var values: [EventValue] = [
            .scalar("loss/\(split)", row.loss), .scalar("accuracy/\(split)", row.accuracy),
            .scalar("seconds/\(split)", row.seconds), .scalar("images_per_second/\(split)", row.speed),
        ]
        values += row.lossVariance.map { [.scalar("loss_variance/\(split)", $0)] } ?? []
        values += row.gradientNorm.map { [.scalar("gradient_norm/\(split)", $0)] } ?? []
        if row.step != toldStep {
            values += [.scalar("learning_rate", row.rate), .scalar("epoch", Double(row.epoch))]
            toldStep = row.step
        }
        try file.append(values, step: row.step)
    }

    /// Adds a histogram for each tensor that is trained.
    ///
    /// - Parameter scale: what each value is multiplied by first.
    func appendHistograms(_ name: String, of arena: AlignedFloats, _ layout: ParameterLayout, scale: Double, step: Int) throws {
        let values = try layout.parameters.map { parameter in
            let floats = UnsafeBufferPointer(rebasing: arena.buffer[parameter.range])
            return try EventValue.histogram("\(name)/\(parameter.name)", Histogram(of: floats, scale: scale))
        }
        try file.append(values, step: step)
    }

    func append(_ picture: FilterPicture, step: Int) throws {
        let image = picture.image
        try file.append(
            [
                .image(
                    "filters/\(picture.layer.name)", png: try image.png(), height: image.height, width: image.width,
                    channels: image.channels)
            ], step: step)
    }

    func flush() throws { try file.flush() }

    func append(_ end: SessionEnd) throws { try file.append(end) }
}

extension HyperParameter {
    /// A setting's value from its JSON text; nil for a list, which is nothing that runs could be compared by.
    init?(json text: String) {
        if let number = Double(text) {
            self = .number(number)
        } else if text == "true" || text == "false" {
            self = .truth(text == "true")
        } else if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") {
            self = .text(String(text.dropFirst().dropLast()))
        } else {
            return nil
        }
    }
}
