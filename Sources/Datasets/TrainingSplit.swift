import Diagnostics
import Random

/// How the training images are divided: some are held out for validation, and of the rest a share is trained on.
///
/// Which ones is a pure function of the split's own seed, so that runs of several seeds share one split.
public struct TrainingSplit: Sendable, Equatable {
    /// Images held out for validation.
    public var validation: Int
    /// The share of the other images that is trained on, 0 < subset ≤ 1.
    public var subset: Double
    public var seed: UInt64

    public init(validation: Int = 0, subset: Double = 1, seed: UInt64 = 1) {
        self.validation = validation
        self.subset = subset
        self.seed = seed
    }

    /// Images to train on out of `samples`: ⌊subset · (samples − validation) + 1/2⌋.
    public func trainingCount(of samples: Int) -> Int {
        // No more than there are, be it that nobody has checked the split: a study's record holds one.
        Int(max(0, min((subset * (Double(samples) - Double(validation))).rounded(), Double(samples))))
    }

    /// - Throws: `Failure.usage` where nothing would be left to train on.
    public func check(samples: Int) throws {
        guard subset > 0 && subset <= 1 else {
            throw Failure(.usage, "split.subset (--subset): found \(subset), expected a share above 0 and at most 1")
        }
        guard validation >= 0 && validation < samples else {
            throw Failure(
                .usage,
                "split.validation (--validation): found \(validation), expected from 0 to \(samples - 1), fewer than the \(samples) "
                    + "training images")
        }
        guard trainingCount(of: samples) > 0 else {
            throw Failure(
                .usage, "split: a share of \(subset) of \(samples - validation) images is none: set split.subset (--subset) higher")
        }
    }

    /// The images to train on, and those to validate on: nil where none are held out.
    ///
    /// Precondition: `check` passes.
    public func divide(_ images: ImageSet) -> (training: Selection, validation: Selection?) {
        require((try? check(samples: images.count)) != nil, "a split that does not fit \(images.count) images")
        guard self != TrainingSplit(seed: seed) else { return (Selection(images), nil) }
        let order = Permutation(count: images.count, seed: seed, purpose: .split)
        func part(_ range: Range<Int>) -> Selection {
            Selection(images, numbers: range.map { Int32(order[$0]) }.sorted())
        }
        let training = part(validation..<validation + trainingCount(of: images.count))
        return (training, validation > 0 ? part(0..<validation) : nil)
    }
}

extension TrainingSplit: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case validation, subset, seed }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init()
        validation = try container.decode(.validation, or: validation)
        subset = try container.decode(.subset, or: subset)
        seed = try container.decode(.seed, or: seed)
    }
}
