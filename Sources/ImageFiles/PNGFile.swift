import CPNG

/// All that is called of libpng.
enum PNGFile {
    static func describe(_ bytes: UnsafeBufferPointer<UInt8>) throws(UnreadableImage) -> ImageFile.Description {
        try withImage(of: bytes) { image throws(UnreadableImage) in
            ImageFile.Description(
                height: Int(image.pointee.height), width: Int(image.pointee.width),
                isColour: image.pointee.format & PNG_FORMAT_FLAG_COLOR != 0)
        }
    }

    /// Palettes are resolved, 16 bits reduced to 8, and alpha laid over black: a sample becomes sample · alpha / 255, rounded.
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>) throws(UnreadableImage) -> PixelImage {
        try withImage(of: bytes) { image throws(UnreadableImage) in
            let (height, width) = (Int(image.pointee.height), Int(image.pointee.width))
            let channels = image.pointee.format & PNG_FORMAT_FLAG_COLOR != 0 ? 3 : 1
            let hasAlpha = image.pointee.format & PNG_FORMAT_FLAG_ALPHA != 0
            image.pointee.format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA
            let samples = hasAlpha ? channels + 1 : channels
            var pixels = [UInt8](repeating: 0, count: height * width * samples)
            guard png_image_finish_read(image, nil, &pixels, 0, nil) != 0 else { throw fault(of: image) }
            if hasAlpha { pixels = pixels.weighted(samples: samples, by: channels) }
            return PixelImage(height: height, width: width, channels: channels, pixels: pixels)
        }
    }

    /// Calls `body` with an image whose header is read. It stays at one address: the library keeps a pointer to it for its error messages.
    private static func withImage<Result>(
        of bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafeMutablePointer<png_image>) throws(UnreadableImage) -> Result
    ) throws(UnreadableImage) -> Result {
        let image = UnsafeMutablePointer<png_image>.allocate(capacity: 1)
        image.initialize(to: png_image())
        defer {
            png_image_free(image)
            image.deallocate()
        }
        image.pointee.version = UInt32(PNG_IMAGE_VERSION)
        guard png_image_begin_read_from_memory(image, bytes.baseAddress, bytes.count) != 0 else { throw fault(of: image) }
        // 16-bit files that do not say otherwise hold what a screen shows, as 8-bit ones do.
        image.pointee.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
        return try body(image)
    }

    private static func fault(of image: UnsafeMutablePointer<png_image>) -> UnreadableImage {
        let message = withUnsafeBytes(of: image.pointee.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return UnreadableImage(reason: "a damaged PNG file: \(message)")
    }
}
