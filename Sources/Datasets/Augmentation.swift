import Diagnostics
import Random

/// Random changes to training images, drawn per sample and epoch from the counter-based generator.
public struct Augmentation: Sendable, Equatable {
    /// Mirrors left and right with probability ½.
    public var flip: Bool
    /// Pads by so many black pixels on every side and cuts the original size out at a random place. Source: He et al., CVPR 2016, 4.2.
    public var crop: Int

    public static let none = Augmentation(flip: false, crop: 0)
    /// What is usual for CIFAR: flip, and crop after padding by 4.
    public static let standard = Augmentation(flip: true, crop: 4)

    public init(flip: Bool, crop: Int) {
        self.flip = flip
        self.crop = crop
    }

    /// What one sample's draw amounts to.
    struct Draw: Equatable {
        var mirrored = false
        /// The first row and column of the image that are shown; negative ones lie in the padding.
        var top = 0
        var left = 0
    }

    func draw(generator: CounterGenerator, sample: Int, epoch: Int) -> Draw {
        if self == .none { return Draw() }
        let words = generator.block(0, UInt32(truncatingIfNeeded: sample), UInt32(truncatingIfNeeded: epoch))
        let places = UInt64(2 * crop + 1)
        return Draw(
            mirrored: flip && words[0] >> 31 == 1,
            top: Int((UInt64(words[1]) * places) >> 32) - crop,
            left: Int((UInt64(words[2]) * places) >> 32) - crop)
    }
}

extension Augmentation: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case flip, crop }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        flip = try container.decode(.flip, or: false)
        crop = try container.decode(.crop, or: 0)
    }
}
