import Diagnostics

/// Writes a file of packed images from front to back, with bounded memory: the training images, the test images, and what follows of them.
struct PackedWriter {
    private let file: NewFile
    private var header: PackedHeader
    private let names: [String]
    private var moments: PixelMoments
    /// As they will be written, low byte first.
    private var trainingLabels: [UInt8] = []
    private var testLabels: [UInt8] = []

    /// Begins a new file. Precondition: one name for each of at most 65,535 classes, none with a line feed.
    init(_ path: String, name: String, classNames: [String], height: Int, width: Int, channels: Int) throws {
        require(classNames.count <= PackedHeader.mostClasses, "\(classNames.count) classes")
        names = [name] + classNames
        require(names.allSatisfy { !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "\n")) }, "names that cannot be written: \(names)")
        header = PackedHeader(height: height, width: width, channels: channels, classes: classNames.count)
        moments = PixelMoments(channels: channels)
        file = try NewFile(path)
        // Its place; what it says is known at the end.
        try [UInt8](repeating: 0, count: PackedHeader.byteCount).withUnsafeBytes { try file.write($0) }
    }

    /// Appends an image, [channels][height][width]. Precondition: all training images come before the first test image.
    mutating func append(_ pixels: [UInt8], label: Int, to split: Split) throws {
        require(
            pixels.count == header.imageBytes && (0..<header.classes).contains(label),
            "an image of \(pixels.count) bytes and class \(label)")
        require(split == .test || header.test == 0, "a training image after a test image")
        let stored = [UInt8(truncatingIfNeeded: label), UInt8(truncatingIfNeeded: label >> 8)]
        switch split {
        case .training:
            header.training += 1
            trainingLabels += stored
            pixels.withUnsafeBufferPointer { pixels in
                if let address = pixels.baseAddress { moments.add(address, plane: header.height * header.width) }
            }
            try write(pixels, &header.checksums.trainingImages)
        case .test:
            header.test += 1
            testLabels += stored
            try write(pixels, &header.checksums.testImages)
        }
    }

    /// Writes labels, names and header, and flushes to disk; returns the file's length in bytes.
    ///
    /// Precondition: both splits have an image.
    mutating func finish() throws -> Int {
        require(header.training > 0 && header.test > 0, "\(header.training) training and \(header.test) test images")
        try write(trainingLabels, &header.checksums.trainingLabels)
        try write(testLabels, &header.checksums.testLabels)
        let text = Array(names.map { $0 + "\n" }.joined().utf8)
        header.nameBytes = text.count
        try write(text, &header.checksums.names)
        header.mean = moments.mean
        header.deviation = moments.deviation
        try header.bytes.withUnsafeBytes { try file.rewrite($0, at: 0) }
        try file.finish()
        return header.names.upperBound
    }

    private func write(_ bytes: [UInt8], _ checksum: inout UInt32) throws {
        try bytes.withUnsafeBytes {
            checksum = Checksums.crc32(of: $0, after: checksum)
            try file.write($0)
        }
    }
}
