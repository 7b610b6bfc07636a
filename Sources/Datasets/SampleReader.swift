import Random

/// Turns the stored bytes of a sample into what a network takes: [H, W, C] floats, normalised, augmented in training.
public struct SampleReader: Sendable {
    public let samples: Selection
    private let augmentation: Augmentation
    private let generator: CounterGenerator
    /// The value of every byte, per channel: (byte/255 − mean) / deviation.
    private let values: [[Float]]

    public init(samples: Selection, normalisation: Normalisation, augmentation: Augmentation = .none, seed: UInt64 = 0) {
        self.samples = samples
        self.augmentation = augmentation
        generator = CounterGenerator(seed: seed, purpose: .augmentation)
        values = zip(normalisation.mean, normalisation.deviation).map { mean, deviation -> [Float] in
            (0..<256).map { byte -> Float in (Float(byte) / 255 - mean) / deviation }
        }
    }

    /// Floats of one sample.
    public var sampleCount: Int { samples.images.imageBytes }

    /// Reads the sample at `position` into `output` [H, W, C] and returns its label; allocates nothing.
    /// - Throws: `Failure.badData` where the label is out of range.
    public func read(_ position: Int, epoch: Int, into output: UnsafeMutablePointer<Float>) throws -> Int32 {
        let images = samples.images
        let index = samples[position]
        let label = try images.label(at: index)
        let draw = augmentation.draw(generator: generator, sample: index, epoch: epoch)
        let (height, width, channels) = (images.height, images.width, images.channels)
        let plane = height * width
        images.withPixels(at: index) { pixels in
            for channel in 0..<channels {
                values[channel].withUnsafeBufferPointer { table in
                    for row in 0..<height {
                        let sourceRow = row + draw.top
                        let rowInside = sourceRow >= 0 && sourceRow < height
                        for column in 0..<width {
                            let shown = (draw.mirrored ? width - 1 - column : column) + draw.left
                            let byte =
                                rowInside && shown >= 0 && shown < width ? pixels[channel * plane + sourceRow * width + shown] : 0
                            output[(row * width + column) * channels + channel] = table[Int(byte)]
                        }
                    }
                }
            }
        }
        return Int32(label)
    }
}
