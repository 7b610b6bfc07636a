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
    /// Throws: `.badData` at the first label that is none of the classes, `.io` where a file cannot be read.
    public func verify() throws -> Verification {
        Verification(training: try training.verify(), test: try test.verify())
    }
}

extension ImageSet {
    /// Reads every label, pixel and byte of this split. The moments are from exact integer sums; the deviation is the population's.
    func verify() throws -> Verification.Part {
        var perClass = [Int](repeating: 0, count: classes)
        // With at most 2³² pixels a channel, sums of squares stay below 2⁴⁸.
        var sums = [Int](repeating: 0, count: channels)
        var squares = [Int](repeating: 0, count: channels)
        let plane = height * width
        for index in 0..<count {
            perClass[try label(at: index)] += 1
            let image = pixels(at: index)
            for channel in 0..<channels {
                let (sum, square) = moments(of: image + channel * plane, count: plane)
                sums[channel] += sum
                squares[channel] += square
            }
        }
        let pixelCount = Double(count * plane)
        let means = sums.map { Double($0) / pixelCount }
        let deviations = zip(squares, means).map { square, mean in
            max(0, Double(square) / pixelCount - mean * mean).squareRoot() / 255
        }
        return Verification.Part(
            split: split, count: count, perClass: perClass, mean: means.map { $0 / 255 }, deviation: deviations,
            files: try files.map(verifyFile))
    }

    private func verifyFile(_ path: String) throws -> Verification.File {
        Verification.File(path: path, bytes: try ByteRegion(mapping: path).count, crc32: try Checksums.crc32(ofFile: path))
    }

    /// Sum and sum of squares of one plane of at most 2²⁴ pixels.
    private func moments(of plane: UnsafePointer<UInt8>, count: Int) -> (sum: Int, squares: Int) {
        var sum = 0
        var squares = 0
        for position in 0..<count {
            let value = Int(plane[position])
            sum &+= value
            squares &+= value &* value
        }
        return (sum, squares)
    }
}
