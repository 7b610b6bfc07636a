import ImageWriting
import Testing

@testable import ImageFiles

/// Every kind of JPEG and PNG file, against pixels that are known.
@Suite struct DecodingTests {
    private func decode(_ bytes: [UInt8]) throws -> PixelImage {
        try bytes.withUnsafeBufferPointer { try #require(ImageFile($0), "neither").decode($0) }
    }

    private func description(_ bytes: [UInt8]) throws -> ImageFile.Description {
        try bytes.withUnsafeBufferPointer { try #require(ImageFile($0), "neither").describe($0) }
    }

    /// Eight bits as they are, 16 as their upper half (rounded), one bit as black and white.
    @Test func plainPNG() throws {
        let grey: [UInt8] = [0, 1, 127, 128, 254, 255]
        let plain = PNGBytes(height: 2, width: 3, kind: .grey, rows: grey)
        #expect(try decode(plain.bytes) == PixelImage(height: 2, width: 3, channels: 1, pixels: grey))
        #expect(try description(plain.bytes) == ImageFile.Description(height: 2, width: 3, isColour: false))

        let colours = (0..<18).map { UInt8($0 * 14) }
        let colour = PNGBytes(height: 2, width: 3, kind: .colour, rows: colours)
        #expect(try decode(colour.bytes) == PixelImage(height: 2, width: 3, channels: 3, pixels: colours))
        #expect(try description(colour.bytes).isColour)

        var deep = PNGBytes(height: 1, width: 3, kind: .grey, rows: [0, 0, 0x80, 0x80, 0xFF, 0xFF])
        deep.depth = 16
        #expect(try decode(deep.bytes).pixels == [0, 128, 255])
        var bits = PNGBytes(height: 2, width: 3, kind: .grey, rows: [0b0100_0000, 0b1010_0000])
        bits.depth = 1
        #expect(try decode(bits.bytes).pixels == [0, 255, 0, 255, 0, 255])
    }

    @Test func palette() throws {
        var image = PNGBytes(height: 1, width: 4, kind: .palette, rows: [2, 0, 1, 2])
        image.palette = [255, 0, 0, 10, 20, 30, 0, 0, 200]
        #expect(try decode(image.bytes).pixels == [0, 0, 200, 255, 0, 0, 10, 20, 30, 0, 0, 200])
        // The first entry transparent, the second half so: over black.
        image.transparency = [0, 128]
        #expect(try decode(image.bytes).pixels == [0, 0, 200, 0, 0, 0, 5, 10, 15, 0, 0, 200])
    }

    /// Rounded, and the same in all kinds that have alpha.
    @Test func alphaIsLaidOverBlack() throws {
        let colour = PNGBytes(
            height: 1, width: 3, kind: .colourAlpha, rows: [200, 100, 51, 255, 200, 100, 51, 0, 200, 100, 51, 127])
        #expect(
            try decode(colour.bytes) == PixelImage(height: 1, width: 3, channels: 3, pixels: [200, 100, 51, 0, 0, 0, 100, 50, 25]))
        let grey = PNGBytes(height: 1, width: 3, kind: .greyAlpha, rows: [200, 255, 200, 0, 200, 127])
        #expect(try decode(grey.bytes) == PixelImage(height: 1, width: 3, channels: 1, pixels: [200, 0, 100]))
    }

    @Test func jpegWithinItsPrecision() throws {
        for (kind, samples) in [(JPEGBytes.Kind.grey, 1), (.colour, 3)] {
            let pixels = JPEGBytes.ramp(height: 9, width: 17, samples: samples)
            let bytes = JPEGBytes.encode(height: 9, width: 17, kind: kind, pixels: pixels)
            #expect(try description(bytes) == ImageFile.Description(height: 9, width: 17, isColour: samples == 3))
            let image = try decode(bytes)
            #expect(image.height == 9 && image.width == 17 && image.channels == samples)
            #expect(zip(image.pixels, pixels).allSatisfy { abs(Int($0) - Int($1)) <= 3 }, "\(kind): \(image.pixels) for \(pixels)")
        }
    }

    /// Inverted inks: red is cyan · black / 255.
    @Test func inksBecomeColours() throws {
        let inks = Array([[UInt8]](repeating: [255, 128, 0, 204], count: 64).joined())
        let bytes = JPEGBytes.encode(height: 8, width: 8, kind: .inks, pixels: inks)
        #expect(try description(bytes).isColour)
        let image = try decode(bytes)
        #expect(image.channels == 3 && image.pixels.count == 192)
        for pixel in 0..<64 {
            for (found, expected) in zip(image.pixels[3 * pixel..<3 * pixel + 3], [204, 102, 0]) {
                #expect(abs(Int(found) - expected) <= 3, "\(image.pixels[3 * pixel..<3 * pixel + 3])")
            }
        }
    }

    /// Cut anywhere before the last of its data, a file is an error, never a picture that is grey from there on.
    @Test(arguments: [false, true]) func truncatedFiles(isPNG: Bool) throws {
        let pixels = JPEGBytes.ramp(height: 16, width: 16, samples: 3)
        let whole =
            isPNG
            ? PNGBytes(height: 16, width: 16, kind: .colour, rows: pixels).bytes
            : JPEGBytes.encode(height: 16, width: 16, kind: .colour, pixels: pixels)
        _ = try decode(whole)
        var cuts = 0
        // A PNG file's last 16 bytes are a checksum and the end mark; a JPEG file's last two are the end mark.
        for length in stride(from: 8, to: whole.count - (isPNG ? 16 : 1), by: 3) {
            let error = #expect(throws: UnreadableImage.self, "cut to \(length) of \(whole.count)") {
                _ = try decode(Array(whole.prefix(length)))
            }
            #expect(error?.reason.hasPrefix(isPNG ? "a damaged PNG file: " : "a damaged JPEG file: ") == true)
            cuts += 1
        }
        #expect(cuts > 50)
    }

    @Test func damagedPNGData() throws {
        var bytes = PNGBytes(height: 4, width: 4, kind: .grey, rows: (0..<16).map { UInt8($0) }).bytes
        bytes[bytes.count - 20] ^= 0x55
        #expect(throws: UnreadableImage.self) { try decode(bytes) }
    }

    /// A header that tells of gigabytes is refused before any memory is taken.
    @Test func hugeImage() {
        let bytes = PNGBytes(height: 1, width: 1, kind: .colour, rows: [1, 2, 3])
        var huge = bytes
        huge.width = 50_000
        huge.height = 3_000
        huge.rows = []
        let error = #expect(throws: UnreadableImage.self) { try decode(huge.bytes) }
        #expect(error?.reason == "found 3000×50000 pixels, expected at most 100000000 in all")
    }

    @Test func otherFilesAreNeither() {
        for bytes in [[], [0xFF, 0xD8], Array("GIF89a".utf8), Array("<html>".utf8)] as [[UInt8]] {
            bytes.withUnsafeBufferPointer { #expect(ImageFile($0) == nil) }
        }
    }
}
