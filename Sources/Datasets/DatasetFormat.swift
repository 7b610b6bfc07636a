/// An official data set that Lockstep knows how to read and to fetch. The raw value is the name used in recipes and on the command line.
public enum DatasetFormat: String, Sendable, CaseIterable {
    case cifar10 = "cifar10"
    case cifar100 = "cifar100"
    case mnist = "mnist"
    case fashionMNIST = "fashion-mnist"

    /// Number of classes: a label is in 0..<classes.
    public var classes: Int { self == .cifar100 ? 100 : 10 }

    /// Per-channel constants of the official training images, as they are commonly used.
    public var normalisation: Normalisation {
        switch self {
        case .cifar10: Normalisation(mean: [0.4914, 0.4822, 0.4465], deviation: [0.2470, 0.2435, 0.2616])
        case .cifar100: Normalisation(mean: [0.5071, 0.4865, 0.4409], deviation: [0.2673, 0.2564, 0.2762])
        case .mnist: Normalisation(mean: [0.1307], deviation: [0.3081])
        case .fashionMNIST: Normalisation(mean: [0.2860], deviation: [0.3530])
        }
    }

    /// What the classes are called where the directory does not say; empty where a label's number is its name.
    var builtInClassNames: [String] {
        switch self {
        case .cifar10: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
        case .fashionMNIST:
            ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
        case .cifar100, .mnist: []
        }
    }
}

/// Per-channel mean and standard deviation in units of 0…1: a network sees `(pixel / 255 − mean) / deviation`.
public struct Normalisation: Sendable, Equatable {
    public let mean: [Float]
    public let deviation: [Float]

    public init(mean: [Float], deviation: [Float]) {
        self.mean = mean
        self.deviation = deviation
    }
}

/// Which half of a data set.
public enum Split: String, Sendable, CaseIterable {
    case training
    case test
}
