import Diagnostics
import Foundation

@testable import Datasets

extension FuzzTarget {
    /// An IDX file of images and one of labels, plain or gzipped, which stand for both splits. The first two bytes of an input say how many
    /// of the others are the images' file.
    static let idx = FuzzTarget(
        "idx", largestAllocation: 32,
        seeds: {
            let images = words(0x803, 2, 4, 3) + [UInt8](0..<24)
            let labels = words(0x801, 2) + [3, 9]
            func joined(_ images: [UInt8], _ labels: [UInt8]) -> [UInt8] {
                [UInt8(images.count >> 8), UInt8(images.count & 0xff)] + images + labels
            }
            return [joined(images, labels), joined(gzipped(images), gzipped(labels))]
        },
        read: { bytes in
            let scratch = ScratchDirectory.shared
            let length = bytes.count < 2 ? 0 : min(Int(bytes[0]) << 8 | Int(bytes[1]), bytes.count - 2)
            let images = bytes.dropFirst(2).prefix(length)
            for (name, contents) in [("images-idx3-ubyte", images), ("labels-idx1-ubyte", bytes.dropFirst(2 + length))] {
                let isGzipped = contents.starts(with: [0x1f, 0x8b])
                for split in ["train", "t10k"] {
                    scratch.remove("idx/\(split)-\(name)\(isGzipped ? "" : ".gz")")
                    try scratch.write(contents, "idx/\(split)-\(name)\(isGzipped ? ".gz" : "")")
                }
            }
            try readSamples(
                of: try IDXFiles(format: .mnist, directory: scratch.path + "/idx").open(), offset: 16,
                byteCount: images.starts(with: [0x1f, 0x8b]) ? nil : length)
        })

    /// A CIFAR file, which stands for both splits; of CIFAR-100 where the first byte of an input is odd.
    static let cifar = FuzzTarget(
        "cifar", longestInput: 16_384,
        seeds: {
            let pixels = (0..<3_072).map { UInt8(truncatingIfNeeded: $0 * 7) }
            return [[0, 9] + pixels + [3] + pixels, [1, 0, 99] + pixels]
        },
        read: { bytes in
            let scratch = ScratchDirectory.shared
            let isFine = (bytes.first ?? 0) % 2 == 1
            let folder = isFine ? "cifar100" : "cifar10"
            for name in isFine ? ["train.bin", "test.bin"] : ["data_batch_1.bin", "test_batch.bin"] {
                try scratch.write(bytes.dropFirst(), "\(folder)/\(name)")
            }
            try readSamples(
                of: try CIFARFiles(format: isFine ? .cifar100 : .cifar10, directory: "\(scratch.path)/\(folder)").open(),
                offset: isFine ? 2 : 1, byteCount: bytes.count - 1)
        })

    /// Packed images, with every sample of both splits read.
    static let packed = FuzzTarget(
        "packed",
        seeds: {
            try [1, 3].map { channels in
                let path = "\(ScratchDirectory.shared.path)/written.lockstep"
                unlink(path)
                var writer = try PackedWriter(path, name: "set", classNames: ["a", "bé"], height: 2, width: 3, channels: channels)
                for label in [0, 1] {
                    try writer.append((0..<6 * channels).map { UInt8($0 * 5 + label) }, label: label, to: .training)
                }
                try writer.append([UInt8](repeating: 7, count: 6 * channels), label: 1, to: .test)
                _ = try writer.finish()
                return try ScratchDirectory.shared.contents(path)
            }
        },
        read: { bytes in
            try ScratchDirectory.shared.write(resealed(bytes), "packed/\(PackedFile.fileName)")
            try readSamples(
                of: try PackedFile(directory: ScratchDirectory.shared.path + "/packed").open(), offset: PackedHeader.byteCount,
                byteCount: bytes.count)
        })

    /// Packed images with checksums that are right, which no mutation would find.
    private static func resealed(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= PackedHeader.byteCount else { return bytes }
        var bytes = bytes
        func put(_ value: UInt32, at offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
        }
        func sealHeader() { put(Checksums.crc32(of: Array(bytes[..<124])), at: 124) }
        sealHeader()
        guard let header = try? PackedHeader(readingFrom: ByteRegion(copying: bytes), path: "") else { return bytes }
        let sections = [header.trainingImages, header.testImages, header.trainingLabels, header.testLabels, header.names]
        for (number, section) in sections.enumerated() { put(Checksums.crc32(of: Array(bytes[section])), at: 96 + 4 * number) }
        sealHeader()
        return bytes
    }

    /// Reads some samples of both splits as training does, the last one among them, and all labels and checksums as `data verify` does.
    ///
    /// - Parameters:
    ///   - offset: of the first training image in its file.
    ///   - byteCount: of that file; nil where it is not mapped.
    private static func readSamples(of dataset: Dataset, offset: Int, byteCount: Int?) throws {
        let tail = byteCount.map { PoisonedTail(behind: dataset.training.pixels(at: 0) - offset + $0) }
        defer { withExtendedLifetime(tail) {} }
        for set in [dataset.training, dataset.test] {
            let reader = SampleReader(samples: Selection(set), normalisation: dataset.normalisation)
            var sample = [Float](repeating: 0, count: reader.sampleCount)
            for position in Set([0, set.count / 2, set.count - 1]) {
                let label = try sample.withUnsafeMutableBufferPointer { sample in
                    try sample.baseAddress.map { try reader.read(position, epoch: 0, into: $0) } ?? 0
                }
                _ = dataset.className(of: Int(label))
            }
            for seal in set.seals { try seal.check() }
            for index in 0..<set.count { _ = try set.label(at: index) }
            _ = set.checksum(after: 0)
        }
    }

    private static func words(_ words: UInt32...) -> [UInt8] {
        words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }
}

extension ByteRegion {
    fileprivate convenience init(copying bytes: [UInt8]) throws {
        guard let memory = malloc(max(1, bytes.count))?.assumingMemoryBound(to: UInt8.self) else {
            throw ScratchError("no memory for \(bytes.count) bytes")
        }
        memory.initialize(from: bytes, count: bytes.count)
        self.init(adopting: memory, count: bytes.count)
    }
}
