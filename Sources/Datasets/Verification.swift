import Diagnostics

/// What a complete reading of a data set found; made by `Dataset.verify`.
public struct Verification: Sendable, Equatable {
    /// One file as it is on disk (a gzipped one as it is stored).
    public struct File: Sendable, Equatable {
        public let path: String
        public let bytes: Int
        public let crc32: UInt32
    }

    public struct Part: Sendable, Equatable {
        public let split: Split
        /// Number of images.
        public let count: Int
        /// Number of images of each class.
        public let perClass: [Int]
        /// Per channel, over all pixels, in units of 0…1.
        public let mean: [Double]
        public let deviation: [Double]
        public let files: [File]
    }

    public let training: Part
    public let test: Part
}

extension Dataset {
    /// Reads everything: every label, every pixel, every file's bytes.
    ///
    /// Throws: `.badData` at the first label that is none of the classes, or where a checksum is wrong; `.io` where a file cannot be read.
    public func verify() throws -> Verification {
        Verification(training: try training.verify(), test: try test.verify())
    }
}

extension ImageSet {
    /// Reads every label, pixel and byte of this split.
    func verify() throws -> Verification.Part {
        for seal in seals { try seal.check() }
        var perClass = [Int](repeating: 0, count: classes)
        var moments = PixelMoments(channels: channels)
        for index in 0..<count {
            perClass[try label(at: index)] += 1
            moments.add(pixels(at: index), plane: height * width)
        }
        return Verification.Part(
            split: split, count: count, perClass: perClass, mean: moments.mean, deviation: moments.deviation,
            files: try files.map(verifyFile))
    }

    private func verifyFile(_ path: String) throws -> Verification.File {
        Verification.File(path: path, bytes: try ByteRegion(mapping: path).count, crc32: try Checksums.crc32(ofFile: path))
    }
}
