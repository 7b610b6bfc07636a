import Diagnostics

/// A study that comes with Lockstep: an experiment of one of the reports behind it, under a name.
public struct BuiltInStudy: Sendable {
    public let name: String
    public let summary: String
    /// Where its data usually are, as `lockstep data fetch` puts them.
    public let usualData: String
    /// Ranks of a trial, below which there is nothing to be seen.
    public var leastRanks = 1
    /// Whether `--vary` makes the same study of several workloads.
    public var takesWorkloads = false
    /// Its trials on the data at hand.
    public let study: @Sendable (StudyRequest) throws -> Study

    public static let all = [
        BuiltInStudy(
            name: "batch-size", summary: "LeNet-5 on CIFAR-10: accuracy and speed at global batches of 8 to 256",
            usualData: "data/cifar10",
            study: LeNetStudies.batchSize),
        BuiltInStudy(
            name: "learning-rate", summary: "LeNet-5 on CIFAR-10: accuracy at learning rates of 0.5 to 0.00001",
            usualData: "data/cifar10",
            study: LeNetStudies.learningRate),
        BuiltInStudy(
            name: "convolution-kind", summary: "LeNet-5 on CIFAR-10 with plain, dilated and depthwise convolutions",
            usualData: "data/cifar10", study: LeNetStudies.convolutionKind),
        BuiltInStudy(
            name: "depth", summary: "LeNet-5 on CIFAR-10 with one, two and four convolutions", usualData: "data/cifar10",
            study: LeNetStudies.depth),
        BuiltInStudy(
            name: "mnist-cnn", summary: "a small CNN on MNIST, one setting changed at a time, and perceptrons beside it",
            usualData: "data/mnist", study: MNISTStudy.study),
        BuiltInStudy(
            name: "steps-to-target", summary: "steps to a validation error against batch size, rate and momentum searched for each",
            usualData: "data/mnist", takesWorkloads: true, study: StepsToTargetPreset.study),
        BuiltInStudy(
            name: "cnn-or-resnet", summary: "a CNN and a ResNet on 200 classes, one factor changed at a time",
            usualData: "data/tiny-imagenet",
            study: TwoHundredClassStudy.study),
        BuiltInStudy(
            name: "weird-trick",
            summary: "AlexNet on CIFAR-10: replicated and hybrid training, variable batch, batches up to 8 times as large",
            usualData: "data/cifar10", leastRanks: 2, study: WeirdTrickStudy.study),
    ]

    /// The study of that name; nil where there is none.
    public static func named(_ name: String) -> BuiltInStudy? { all.first { $0.name == name } }

    /// - Returns: the failure to throw where a name is neither a study's nor a recipe's.
    public static func unknown(_ name: String) -> Failure {
        let names = all.map(\.name)
        return Failure(
            .missing,
            "study \(name): no such study: \(suggestion(for: name, among: names))known ones are \(names.joined(separator: ", ")); "
                + "a recipe needs --vary")
    }
}
