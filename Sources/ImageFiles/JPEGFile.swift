import CTurboJPEG

/// All that is called of libjpeg-turbo.
enum JPEGFile {
    static func describe(_ bytes: UnsafeBufferPointer<UInt8>) throws(UnreadableImage) -> ImageFile.Description {
        let header = try header(of: bytes)
        return ImageFile.Description(
            height: Int(header.height), width: Int(header.width), isColour: header.colours != Int32(TJCS_GRAY.rawValue))
    }

    /// Four inks become red, green and blue by R = C·K/255 and so on: they are stored inverted, as Adobe does.
    static func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, as description: ImageFile.Description
    ) throws(UnreadableImage) -> PixelImage {
        let header = try header(of: bytes)
        let hasInks = [TJCS_CMYK, TJCS_YCCK].contains { Int32($0.rawValue) == header.colours }
        let (format, samples) = hasInks ? (TJPF_CMYK, 4) : description.isColour ? (TJPF_RGB, 3) : (TJPF_GRAY, 1)
        var pixels = [UInt8](repeating: 0, count: description.height * description.width * samples)
        try withDecoder { decoder in
            tjDecompress2(
                decoder, bytes.baseAddress, UInt(bytes.count), &pixels, header.width, 0, header.height, Int32(format.rawValue),
                TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
        }
        if hasInks {
            pixels = pixels.weighted(samples: 4, by: 3)
        }
        return PixelImage(
            height: description.height, width: description.width, channels: description.isColour ? 3 : 1, pixels: pixels)
    }

    private static func header(
        of bytes: UnsafeBufferPointer<UInt8>
    ) throws(UnreadableImage) -> (height: Int32, width: Int32, colours: Int32) {
        var (width, height, subsampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        try withDecoder { decoder in
            tjDecompressHeader3(decoder, bytes.baseAddress, UInt(bytes.count), &width, &height, &subsampling, &colours)
        }
        // A file that ends before its image begins may hold tables for others: no error to the library.
        guard height > 0, width > 0 else { throw UnreadableImage(reason: "a damaged JPEG file: it holds no image") }
        return (height, width, colours)
    }

    /// Calls the library with a decoder of its own, so that any number of threads may. Its warnings (a file cut short, corrupt data) are
    /// errors as well: it fills up with grey what it cannot read.
    private static func withDecoder(_ call: (tjhandle) -> Int32) throws(UnreadableImage) {
        guard let decoder = tjInitDecompress() else { throw UnreadableImage(reason: "no memory for a JPEG decoder") }
        defer { tjDestroy(decoder) }
        guard call(decoder) == 0 else {
            throw UnreadableImage(reason: "a damaged JPEG file: \(String(cString: tjGetErrorStr2(decoder)))")
        }
    }
}
