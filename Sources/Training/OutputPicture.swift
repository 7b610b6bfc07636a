import ImageFiles
import Networks

/// A layer's outputs of some samples as images: a row for each sample, first the input, then every channel.
///
/// Black is 0, white the largest value of that channel over the samples shown: each channel has a scale of its own, on which samples can be
/// compared. Above columns stands the channel, from 1; beside rows the sample's class.
public struct OutputPicture {
    public let image: PixelImage
    /// Channels, from 1, that are 0 everywhere in all samples.
    public let silentChannels: [Int]

    /// - Parameters:
    ///   - inputs: the samples.
    ///   - labels: the class of each.
    ///   - outputs: [samples, H, W, C], none below 0.
    ///   - shape: H, W and C.
    init(inputs: [PixelImage], labels: [Int], outputs: UnsafeBufferPointer<Float>, shape: TensorShape) {
        let (pixels, channels) = (shape.height * shape.width, shape.channels)
        let largest = (0..<channels).map { channel in
            stride(from: channel, to: outputs.count, by: channels).reduce(Float(0)) { max($0, outputs[$1]) }
        }
        let rows = inputs.enumerated().map { sample, input in
            [input]
                + (0..<channels).map { channel in
                    let shades = (0..<pixels).map { pixel in
                        Self.shade(outputs[(sample * pixels + pixel) * channels + channel], largest: largest[channel])
                    }
                    return PixelImage(height: shape.height, width: shape.width, channels: 1, pixels: shades)
                }
        }
        image = ImageGrid(rows, rowNumbers: labels, columnNumbers: [nil] + Array(1...channels)).image()
        silentChannels = (1...channels).filter { largest[$0 - 1] == 0 }
    }

    /// 255·value/largest, rounded; 0 where all are 0.
    static func shade(_ value: Float, largest: Float) -> UInt8 {
        guard largest > 0, value.isFinite, largest.isFinite else { return 0 }
        return UInt8((255 * max(0, value) / largest).rounded())
    }
}
