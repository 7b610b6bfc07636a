import Checkpoints
import Datasets
import Diagnostics
import Foundation
import ImageFiles
import Kernels
import Networks

/// What a trained layer looks for and what it sees: its filters, and its outputs after ReLU of the first test images.
public struct LayerVisualisation {
    public let experiment: Experiment
    public let progress: Progress
    public let layer: ResolvedLayer
    /// Nil for a linear layer, whose outputs have no places.
    public let outputs: OutputPicture?
    public let filters: FilterPicture
    /// The class of each sample shown, by name.
    public let classNames: [String]

    /// - Parameters:
    ///   - number: of the convolution, from 1, as `Model.convolutionPaths()` counts; in a model without any, 1 is the first linear layer,
    ///     if that reads the images.
    ///   - data: nil takes the directory that the checkpoint's run was trained on.
    /// - Throws: `Failure`, where the checkpoint or the data cannot be used or do not belong together, or where there is no such layer.
    public init(checkpoint path: String, data: String?, layer number: Int, samples: Int) throws {
        let file = try CheckpointFile(path: path)
        experiment = try file.decodedExperiment()
        progress = try file.decodedProgress()
        let model = try experiment.resolvedModel()
        let (path, source) = try Self.layer(number, of: model)
        layer = path.layer
        let dataset = try experiment.openData(data, ofCheckpoint: file.path)
        guard samples >= 1, samples <= dataset.test.count else {
            throw Failure(
                .usage, "--samples: found \(samples), expected a number from 1 to the \(dataset.test.count.grouped) test images")
        }
        let part = try NetworkPart(of: model, rectified: path)
        let state = TrainingState(layout: part.layout, optimiser: Optimiser())
        try state.restore(from: file)
        filters = FilterPicture(source, parameters: state.parameters.base, part.layout)
        classNames = try (0..<samples).map { dataset.className(of: try dataset.test.label(at: $0)) }
        outputs =
            if case .convolution = layer.description {
                try Self.outputs(of: part, experiment, state, shape: layer.output, dataset: dataset, samples: samples)
            } else { nil }
    }

    /// Writes the pictures as PNG files.
    /// - Throws: `Failure.io`.
    public func write(outputsTo outputsPath: String, filtersTo filtersPath: String) throws {
        if let outputs { try Self.write(outputs.image, to: outputsPath) }
        try Self.write(filters.image, to: filtersPath)
    }

    private static func write(_ image: PixelImage, to path: String) throws {
        let file = try image.png()
        do {
            try Data(file).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(.io, "\(path) cannot be written: \(reason(error)); give another file by --output")
        }
    }

    private static func layer(_ number: Int, of model: Model) throws -> (LayerPath, FilterPicture.Source) {
        let convolutions = try model.convolutionPaths()
        if convolutions.isEmpty {
            guard let path = try model.firstVisibleLayer(), let source = FilterPicture.Source(path) else {
                throw Failure(
                    .usage,
                    "model \(model.name) has no convolution, and no linear layer that reads the images: no layer can be shown")
            }
            guard number == 1 else {
                throw Failure(
                    .usage,
                    "--layer: found \(number), but model \(model.name) has no convolutions; --layer 1 shows the filters of \(path.layer.name)"
                )
            }
            return (path, source)
        }
        guard convolutions.indices.contains(number - 1), let source = FilterPicture.Source(convolutions[number - 1]) else {
            let list = convolutions.enumerated().map { "\($0 + 1) \($1.layer.name), which puts out \($1.layer.output)" }
            throw Failure(
                .usage,
                "--layer: found \(number), but the convolutions of model \(model.name) are \(list.joined(separator: "; "))")
        }
        return (convolutions[number - 1], source)
    }

    private static func outputs(
        of part: NetworkPart, _ experiment: Experiment, _ state: TrainingState, shape: TensorShape, dataset: Dataset, samples: Int
    ) throws -> OutputPicture {
        let reader = SampleReader(samples: Selection(dataset.test), normalisation: dataset.normalisation)
        let images = AlignedFloats(count: samples * reader.sampleCount)
        let labels = try (0..<samples).map { try reader.read($0, epoch: 0, into: images.base + $0 * reader.sampleCount) }
        let plan = Plan(of: part, Plan.Options(experiment, capacity: samples))
        plan.prepare(parameters: state.parameters.base)
        var figures = Figures()
        labels.withUnsafeBufferPointer { labels in
            guard let base = labels.baseAddress else { return }
            let batch = MicroBatch(images: images.base, labels: base, count: samples, firstSample: 0)
            plan.forward(batch, parameters: state.parameters.base, mode: .evaluation, figures: &figures)
        }
        return withExtendedLifetime(plan) {
            OutputPicture(
                inputs: (0..<samples).map(dataset.test.picture), labels: labels.map(Int.init),
                outputs: UnsafeBufferPointer(start: plan.outputValues, count: samples * shape.count), shape: shape)
        }
    }
}

extension ImageSet {
    /// An image as it is stored, [height][width][channels].
    fileprivate func picture(at index: Int) -> PixelImage {
        let plane = height * width
        let pixels = withPixels(at: index) { stored in
            (0..<plane).flatMap { place in (0..<channels).map { stored[$0 * plane + place] } }
        }
        return PixelImage(height: height, width: width, channels: channels, pixels: pixels)
    }
}
