import Datasets
import Diagnostics
import Networks

/// A recipe that comes with Lockstep: an experiment under a name, for the data set that it says.
public struct BuiltInRecipe: Sendable {
    public let name: String
    /// What it trains on what, and where it comes from.
    public let summary: String
    public let experiment: Experiment

    private init(_ name: String, _ summary: String, _ model: BuiltInModel, _ change: (inout Experiment) -> Void) {
        self.name = name
        self.summary = summary
        var experiment = Experiment(model: .named(model))
        change(&experiment)
        self.experiment = experiment
    }

    public static let all = [
        BuiltInRecipe("lenet5-cifar10", "LeNet-5 on CIFAR-10: test accuracy 0.61 to 0.63 after 10 epochs", BuiltInModel(.lenet5)) {
            $0.optimiser.momentum = 0.9
        },
        BuiltInRecipe(
            "lenet5-cifar10-report", "the batch-size report's LeNet-5 on CIFAR-10: plain SGD, 500 epochs", BuiltInModel(.lenet5)
        ) {
            ($0.epochs, $0.globalBatch) = (500, 128)
        },
        BuiltInRecipe("mnist-cnn", "the MNIST report's best: 3×3, 16 channels, batch 100, momentum 0.9", BuiltInModel(.mnistCNN)) {
            ($0.epochs, $0.globalBatch, $0.microBatches, $0.optimiser.momentum) = (20, 100, 4, 0.9)
        },
        BuiltInRecipe("mnist-cnn-euclidean", "the same with the Euclidean loss", BuiltInModel(.mnistCNN)) {
            ($0.epochs, $0.globalBatch, $0.microBatches, $0.optimiser.momentum) = (20, 100, 4, 0.9)
            $0.loss = .euclidean
        },
        BuiltInRecipe("mlp-mnist", "the MNIST report's perceptron, with its plateau schedule", BuiltInModel(.mlp)) {
            ($0.epochs, $0.globalBatch, $0.microBatches, $0.optimiser.momentum) = (30, 100, 4, 0.9)
            $0.plateau = .tenLosses(factor: 0.5, tolerance: 0.001)
        },
        BuiltInRecipe("simple-cnn-mnist", "Shallue et al.'s simple CNN on MNIST, constant rate, Nesterov", BuiltInModel(.simpleCNN))
        {
            ($0.epochs, $0.globalBatch, $0.optimiser.momentum, $0.optimiser.nesterov) = (5, 128, 0.9, true)
        },
        BuiltInRecipe(
            "resnet8-plain-cifar10", "Shallue et al.'s ResNet-8 on CIFAR-10, linear decay, Nesterov", BuiltInModel(.resnet8Plain)
        ) {
            ($0.epochs, $0.globalBatch, $0.augmentation) = (30, 128, .standard)
            ($0.optimiser.rate, $0.optimiser.momentum, $0.optimiser.nesterov) = (0.02, 0.9, true)
            $0.schedule = Schedule(.linear(end: 0.01, share: 1))
        },
        BuiltInRecipe("resnet20-cifar10", "He et al. 2016, section 4.2, on all 50,000 images", BuiltInModel(.resnet20)) {
            ($0.epochs, $0.globalBatch, $0.microBatches, $0.augmentation) = (164, 128, 4, .standard)
            ($0.optimiser.rate, $0.optimiser.momentum, $0.optimiser.weightDecay) = (0.1, 0.9, 1e-4)
            $0.schedule = Schedule(.multiStep(after: [82, 123], factor: 0.1))
        },
        BuiltInRecipe("resnet20-cifar10-short", "the same in five epochs along a cosine", BuiltInModel(.resnet20)) {
            ($0.epochs, $0.globalBatch, $0.microBatches, $0.augmentation) = (5, 128, 4, .standard)
            ($0.optimiser.rate, $0.optimiser.momentum, $0.optimiser.weightDecay) = (0.1, 0.9, 1e-4)
            $0.schedule = Schedule(.cosine(end: 0))
        },
        BuiltInRecipe(
            "simple-cnn-cifar10", "Shallue et al.'s simple CNN on CIFAR-10, constant rate, Nesterov", BuiltInModel(.simpleCNN)
        ) {
            ($0.epochs, $0.globalBatch) = (10, 128)
            ($0.optimiser.rate, $0.optimiser.momentum, $0.optimiser.nesterov) = (0.02, 0.9, true)
        },
        BuiltInRecipe("vgg11-cifar10", "VGG-11 with BatchNorm on CIFAR-10", BuiltInModel(.vgg11)) {
            ($0.epochs, $0.globalBatch, $0.microBatches, $0.augmentation) = (60, 128, 4, .standard)
            ($0.optimiser.rate, $0.optimiser.momentum, $0.optimiser.weightDecay) = (0.05, 0.9, 5e-4)
            $0.schedule = Schedule(.cosine(end: 0))
        },
        BuiltInRecipe("resnet18-cifar10", "ResNet-18 on CIFAR-10", BuiltInModel(.resnet18)) {
            ($0.epochs, $0.globalBatch, $0.microBatches, $0.augmentation) = (60, 128, 4, .standard)
            ($0.optimiser.rate, $0.optimiser.momentum, $0.optimiser.weightDecay) = (0.1, 0.9, 5e-4)
            $0.schedule = Schedule(.cosine(end: 0))
        },
        BuiltInRecipe(
            "alexnet32-cifar10", "AlexNet for 32×32 images on CIFAR-10, for model-parallel work", BuiltInModel(.alexnet32)
        ) {
            ($0.epochs, $0.globalBatch, $0.augmentation) = (30, 128, .standard)
            ($0.optimiser.rate, $0.optimiser.momentum, $0.optimiser.weightDecay) = (0.01, 0.9, 5e-4)
        },
        BuiltInRecipe("cnn200-tiny-imagenet", "the 200-class report's CNN: 40 epochs, reduce on plateau", BuiltInModel(.cnn200)) {
            $0.epochs = 40
            $0.followTwoHundredClassReport()
        },
        BuiltInRecipe("resnet-3443-tiny-imagenet", "the 200-class report's ResNet: 15 epochs", BuiltInModel(.resnet3443)) {
            $0.epochs = 15
            $0.followTwoHundredClassReport()
        },
    ]

    /// - Throws: `Failure.missing` with the nearest known name where there is no such recipe.
    public static func named(_ name: String) throws -> BuiltInRecipe {
        if let recipe = all.first(where: { $0.name == name }) { return recipe }
        let names = all.map(\.name)
        throw Failure(
            .missing,
            "recipe \(name): no such file, and no built-in recipe: \(suggestion(for: name, among: names))known ones are \(names.joined(separator: ", "))"
        )
    }

    /// The recipe as a file that a user could have written.
    public func yaml() throws -> String { try readableYAML(["experiment": experiment]) }
}

extension Experiment {
    /// Rate 0.015, momentum 0.9, lowered tenfold when ten epochs have brought nothing, down to 10⁻⁵; 10,000 of 100,000 images held out.
    fileprivate mutating func followTwoHundredClassReport() {
        (globalBatch, microBatches, split.validation) = (128, 4, 10_000)
        (optimiser.rate, optimiser.momentum) = (0.015, 0.9)
        plateau = .patience(epochs: 10, factor: 0.1, minimum: 1e-5)
    }
}
