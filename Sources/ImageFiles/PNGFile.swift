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
            guard png_image_finish_read(image, nil, &pixels, 0, nil) != 0 else { throw damage(of: image) }
            if hasAlpha { pixels = pixels.weighted(samples: samples, by: channels) }
            return PixelImage(height: height, width: width, channels: channels, pixels: pixels)
        }
    }

    /// 8-bit grey or colour, without alpha.
    static func encode(_ picture: PixelImage) throws(UnreadableImage) -> [UInt8] {
        try withImage { image throws(UnreadableImage) in
            image.pointee.height = UInt32(picture.height)
            image.pointee.width = UInt32(picture.width)
            image.pointee.format = picture.channels == 3 ? UInt32(PNG_FORMAT_RGB) : UInt32(PNG_FORMAT_GRAY)
            // Asked first, with no memory to write to, how much it takes.
            var count = png_alloc_size_t(0)
            guard png_image_write_to_memory(image, nil, &count, 0, picture.pixels, 0, nil) != 0 else {
                throw UnreadableImage(reason: message(of: image))
            }
            var file = [UInt8](repeating: 0, count: Int(count))
            guard png_image_write_to_memory(image, &file, &count, 0, picture.pixels, 0, nil) != 0 else {
                throw UnreadableImage(reason: message(of: image))
            }
            return Array(file.prefix(Int(count)))
        }
    }

    /// Calls `body` with an image whose header is read.
    private static func withImage<Result>(
        of bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafeMutablePointer<png_image>) throws(UnreadableImage) -> Result
    ) throws(UnreadableImage) -> Result {
        try withImage { image throws(UnreadableImage) in
            guard png_image_begin_read_from_memory(image, bytes.baseAddress, bytes.count) != 0 else {
                throw damage(of: image)
            }
            // 16-bit files that do not say otherwise hold what a screen shows, as 8-bit ones do.
            image.pointee.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
            return try body(image)
        }
    }

    /// Calls `body` with an empty image. It stays at one address: the library keeps a pointer to it for its error messages.
    private static func withImage<Result>(
        _ body: (UnsafeMutablePointer<png_image>) throws(UnreadableImage) -> Result
    ) throws(UnreadableImage) -> Result {
        let image = UnsafeMutablePointer<png_image>.allocate(capacity: 1)
        image.initialize(to: png_image())
        defer {
            png_image_free(image)
            image.deallocate()
        }
        image.pointee.version = UInt32(PNG_IMAGE_VERSION)
        return try body(image)
    }

    private static func damage(of image: UnsafeMutablePointer<png_image>) -> UnreadableImage {
        UnreadableImage(reason: "a damaged PNG file: \(message(of: image))")
    }

    private static func message(of image: UnsafeMutablePointer<png_image>) -> String {
        withUnsafeBytes(of: image.pointee.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
