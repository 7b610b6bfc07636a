import Datasets
import Diagnostics
import Kernels
import Networks

/// The half of a recipe that decides bits: two runs of one experiment agree, whatever machine and rank count they run on.
public struct Experiment: Sendable, Equatable {
    public var model: ModelReference
    /// What the data must be; nil in a recipe that leaves it to the data set at hand, filled in before the first step.
    public var data: DataDescription?
    public var seed: UInt64 = 1
    public var epochs: Int = 10
    /// Samples per step over all ranks.
    public var globalBatch: Int = 64
    /// Terms of a step's sum: the parts of a global batch, of which each rank takes whole ones.
    public var microBatches: Int = 8
    /// What of the training images is held out and what is trained on.
    public var split = TrainingSplit()
    public var augmentation: Augmentation = .none
    public var optimiser = Optimiser()
    public var schedule = Schedule.constant
    public var plateau: Plateau?
    /// Ends training when so many epochs in turn have not lowered the smallest validation loss (test loss, where no images are held out).
    public var earlyStopping: Int?
    public var loss = Loss.softmax(labelSmoothing: 0)
    /// BatchNorm's statistics in training are those of the global batch, instead of each micro-batch's own.
    public var syncBatchNorm = false
    /// The kernels that convolutions are computed by.
    public var convolution = ConvolutionPolicy.automatic
    /// The algorithms of single convolutions, as tuning found them; nil where the shapes alone decide.
    public var kernels: KernelTable?

    /// Each micro-batch's gradient is a term of its own, added by a fixed tree: the same bits at any number of ranks.
    public var reproducible = false
    /// The format in which gradients travel between nodes, and to which they are rounded at every edge of the tree.
    public var wire = WireType.fp32
    /// Several steps of linear layers in one of all others; nil for one.
    public var variableBatch: VariableBatch?

    public init(model: ModelReference) { self.model = model }

    /// - Throws: `Failure.usage` that names the setting, what was found and what is possible.
    public func validate() throws {
        try Self.check(epochs, "epochs")
        try Self.check(globalBatch, "global-batch")
        try Self.check(microBatches, "micro-batches")
        try Self.check(augmentation.crop, "augmentation.crop", from: 0)
        try optimiser.validate()
        try schedule.validate()
        if let warmUp = schedule.warmUp, warmUp.epochs > Double(epochs) {
            throw Failure(
                .usage, "schedule.warm-up.epochs: found \(warmUp.epochs), expected at most the \(epochs) epochs of training")
        }
        try plateau?.validate()
        if let earlyStopping { try Self.check(earlyStopping, "early-stopping") }
        try variableBatch?.validate(microBatches: microBatches)
        try loss.validate()
    }

    /// Whole numbers of a recipe stay where no sum or product of them overflows.
    public static func check(_ value: Int, _ name: String, from least: Int = 1) throws {
        guard (least...Int(Int32.max)).contains(value) else {
            throw Failure(.usage, "\(name): found \(value), expected a number from \(least) to \(Int32.max)")
        }
    }

    /// The experiment with everything that the data set, or the number of ranks, decides filled in.
    /// - Throws: `Failure.usage` where model and data do not fit in shape, or where the data are not those that the experiment names.
    public func resolved(with dataset: Dataset, ranks: Int = 1) throws -> Experiment {
        let found = DataDescription(dataset)
        if let data, data != found {
            throw Failure(.usage, "\(dataset.directory) holds \(found); this experiment is on \(data): point --data at that set")
        }
        guard augmentation.crop < min(found.input.height, found.input.width) else {
            throw Failure(
                .usage, "augmentation.crop: found \(augmentation.crop), expected less than the images' size, \(found.input)")
        }
        try split.check(samples: found.training)
        var resolved = self
        resolved.data = found
        resolved.variableBatch?.passes = variableBatch?.passes ?? ranks
        resolved.model = .described(try model.model(for: found))
        return resolved
    }
}

/// What an experiment needs to know of its data: not where they lie, but what they are.
public struct DataDescription: Sendable, Equatable, Codable, CustomStringConvertible {
    public var format: String
    public var input: TensorShape
    public var classes: Int
    public var training: Int
    public var test: Int
    /// Of a packed set; nil for the known ones.
    public var checksum: UInt32?

    init(_ dataset: Dataset) {
        format = dataset.name
        input = TensorShape(height: dataset.training.height, width: dataset.training.width, channels: dataset.training.channels)
        classes = dataset.training.classes
        training = dataset.training.count
        test = dataset.test.count
        checksum = dataset.checksum
    }

    public var description: String {
        let seal = checksum.map { ", checksum " + String($0, radix: 16) } ?? ""
        return "\(format) (\(training.grouped) training and \(test.grouped) test images of \(input), \(classes) classes\(seal))"
    }
}

extension DataDescription {
    /// What numbers of images, and of classes, can be.
    private static let counts = 1...Int(UInt32.max)

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        format = try container.decode(String.self, forKey: .format)
        input = try container.decode(TensorShape.self, forKey: .input)
        classes = try container.decode(Int.self, forKey: .classes)
        training = try container.decode(Int.self, forKey: .training)
        test = try container.decode(Int.self, forKey: .test)
        checksum = try container.decodeIfPresent(UInt32.self, forKey: .checksum)
        guard [classes, training, test].allSatisfy(Self.counts.contains) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "found \(classes) classes, \(training) training and \(test) test images, expected of each "
                        + "from 1 to \(Self.counts.upperBound)"))
        }
    }
}

extension Experiment: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case model, data, seed, epochs
        case globalBatch = "global-batch"
        case microBatches = "micro-batches"
        case split, augmentation, optimiser, schedule, plateau, loss
        case earlyStopping = "early-stopping"
        case syncBatchNorm = "sync-batchnorm"
        case convolution, kernels, reproducible, wire
        case variableBatch = "variable-batch"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(model: try container.decode(ModelReference.self, forKey: .model))
        data = try container.decodeIfPresent(DataDescription.self, forKey: .data)
        seed = try container.decode(.seed, or: seed)
        epochs = try container.decode(.epochs, or: epochs)
        globalBatch = try container.decode(.globalBatch, or: globalBatch)
        microBatches = try container.decode(.microBatches, or: microBatches)
        split = try container.decode(.split, or: split)
        augmentation = try container.decode(.augmentation, or: augmentation)
        optimiser = try container.decode(.optimiser, or: optimiser)
        schedule = try container.decode(.schedule, or: schedule)
        plateau = try container.decodeIfPresent(Plateau.self, forKey: .plateau)
        earlyStopping = try container.decodeIfPresent(Int.self, forKey: .earlyStopping)
        loss = try container.decode(.loss, or: loss)
        syncBatchNorm = try container.decode(.syncBatchNorm, or: syncBatchNorm)
        convolution = try container.decode(.convolution, or: convolution)
        kernels = try container.decodeIfPresent(KernelTable.self, forKey: .kernels)
        reproducible = try container.decode(.reproducible, or: reproducible)
        wire = try container.decode(.wire, or: wire)
        variableBatch = try container.decodeIfPresent(VariableBatch.self, forKey: .variableBatch)
    }
}

extension Experiment {
    /// Whether a global batch can be divided over so many ranks.
    public func admits(ranks: Int) -> Bool {
        (try? BatchPartition(globalBatch: globalBatch, microBatches: microBatches, ranks: ranks, samples: globalBatch)) != nil
    }
}
