import Diagnostics
import ImageFiles

extension FuzzTarget {
    /// JPEG and PNG files, decoded and brought to another size as packing does.
    static let image = FuzzTarget(
        "image", longestInput: 2_048, largestAllocation: 64,
        seeds: {
            let pixels = [UInt8]((0..<5 * 4 * 3).map { UInt8($0 * 4) })
            return [
                try PixelImage(height: 5, width: 4, channels: 3, pixels: pixels).png(),
                try PixelImage(height: 5, width: 12, channels: 1, pixels: pixels).png(), smallJPEG,
            ]
        },
        read: { bytes in
            try bytes.withUnsafeBufferPointer { bytes in
                guard let file = ImageFile(bytes) else { throw Failure(.badData, "neither JPEG nor PNG") }
                let image = try file.decode(bytes)
                // What comes next allocates by the image's size, no more by the file's.
                guard image.pixels.count < 1 << 16 else { return }
                _ = image.converted(toChannels: 4 - image.channels).centreSquare().scaled(toHeight: 3, width: 5).planes()
            }
        })

    /// A grey image of 8 × 8 pixels, all 128: baseline, with the shortest tables that serve.
    private static let smallJPEG: [UInt8] =
        [0xff, 0xd8, 0xff, 0xdb, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
        + [0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]
        + [0xff, 0xc4, 0, 20, 0, 1] + [UInt8](repeating: 0, count: 16)
        + [0xff, 0xc4, 0, 20, 0x10, 1] + [UInt8](repeating: 0, count: 16)
        + [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9]
}
