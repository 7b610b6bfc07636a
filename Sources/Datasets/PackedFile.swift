import Diagnostics

/// Images that `lockstep data pack` made one file of, of any size and any number of classes; `PackedHeader` describes the format.
///
/// The file is mapped. Header, length, labels and names are checked when it is opened, the images by `verify`.
struct PackedFile {
    static let fileName = "images.lockstep"

    let directory: String

    private var path: String { join(directory, Self.fileName) }

    func open() throws -> Dataset {
        let region = try ByteRegion(mapping: path)
        let header = try PackedHeader(readingFrom: region, path: path)
        let names = try names(in: region, header)
        return Dataset(
            name: names[0], directory: directory,
            training: try images(
                .training, header, region, images: header.trainingImages, labels: header.trainingLabels,
                checksums: (header.checksums.trainingImages, header.checksums.trainingLabels)),
            test: try images(
                .test, header, region, images: header.testImages, labels: header.testLabels,
                checksums: (header.checksums.testImages, header.checksums.testLabels)),
            classNames: Array(names.dropFirst()), normalisation: normalisation(header),
            checksum: Checksums.crc32(of: header.bytes))
    }

    private func images(
        _ split: Split, _ header: PackedHeader, _ region: ByteRegion, images: Range<Int>, labels: Range<Int>,
        checksums: (images: UInt32, labels: UInt32)
    ) throws -> ImageSet {
        try seal("the \(split.rawValue) labels", region, labels, checksums.labels).check()
        let part = ImageSet.Part(
            first: 0, count: split == .training ? header.training : header.test, labelFile: path,
            labels: region.base + labels.lowerBound, labelStride: PackedHeader.labelBytes, labelBytes: PackedHeader.labelBytes,
            pixels: region.base + images.lowerBound, pixelStride: header.imageBytes)
        let set = ImageSet(
            split: split, height: header.height, width: header.width, channels: header.channels, classes: header.classes,
            parts: [part], regions: [region], files: [path],
            seals: [seal("the \(split.rawValue) images", region, images, checksums.images)])
        for index in 0..<set.count { _ = try set.label(at: index) }
        return set
    }

    private func seal(_ content: String, _ region: ByteRegion, _ range: Range<Int>, _ crc32: UInt32) -> Seal {
        Seal(
            path: path, content: content, bytes: UnsafeBufferPointer(start: region.base + range.lowerBound, count: range.count),
            crc32: crc32)
    }

    /// The name of the set, then one for each class.
    private func names(in region: ByteRegion, _ header: PackedHeader) throws -> [String] {
        let seal = seal("the names", region, header.names, header.checksums.names)
        try seal.check()
        guard let text = String(validating: seal.bytes, as: UTF8.self) else {
            throw Failure(.badData, "\(path): the names are not UTF-8; pack the images again")
        }
        // By bytes: to Swift, a carriage return and a line feed are one character.
        let names = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().compactMap(
            String.init)
        guard names.count == header.classes + 1, !names.contains(""), text.utf8.last == UInt8(ascii: "\n") else {
            throw Failure(
                .badData,
                "\(path): found \(names.count) names, expected one for the set and one for each of \(header.classes) classes; "
                    + "pack the images again")
        }
        return names
    }

    /// A channel that is the same everywhere is only shifted.
    private func normalisation(_ header: PackedHeader) -> Normalisation {
        Normalisation(mean: header.mean.map(Float.init), deviation: header.deviation.map { $0 > 0 ? Float($0) : 1 })
    }
}
