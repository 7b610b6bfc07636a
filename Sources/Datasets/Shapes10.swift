import Diagnostics
import Foundation

/// The built-in data set: ten kinds of figure, drawn by a seeded generator and written in CIFAR-10's binary format.
///
/// 32 × 32 colour images of one figure each, at any place, size and turn, in any colour, lighter or darker than what is behind it, over
/// gradients, clutter and noise. Form alone tells the classes apart: no pixel's value does, so that a linear classifier fails
/// where a convolutional network succeeds. Every image is a pure function of (seed, split, index), on any machine.
public enum Shapes10 {
    /// What `write` did.
    public enum Outcome: Sendable, Equatable {
        case written
        /// The very same set was there and whole.
        case alreadyThere
    }

    /// The classes, in the order of their labels.
    public static let classNames = Figure.allCases.map(\.rawValue)

    static let trainingFiles = 5
    /// A label byte and the three planes.
    static let recordBytes = 1 + Canvas.bytes

    /// Writes `data_batch_1.bin` … `data_batch_5.bin`, `test_batch.bin`, `batches.meta.txt` and a manifest; all of them or nothing.
    ///
    /// Images of each class are equally many, or differ by one where the counts are not multiples of ten. About 0.1 ms an image.
    /// `progress` is called with (images written, images in all).
    ///
    /// Throws: `.usage` for counts below 5 or 1 or beyond 2³², or where the directory holds anything else (it is left as it is);
    /// `.badData` where the same set is there but was changed; `.io`.
    @discardableResult
    public static func write(
        to directory: String, seed: UInt64 = 1, training: Int = 20_000, test: Int = 4_000,
        progress: (_ written: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> Outcome {
        guard training >= trainingFiles, test >= 1, max(training, test) <= Int(UInt32.max) else {
            throw Failure(
                .usage,
                "shapes10: \(training.grouped) training and \(test.grouped) test images; expected at least \(trainingFiles) and 1, "
                    + "at most \(Int(UInt32.max).grouped) each")
        }
        let manifest = Manifest(seed: seed, training: training, test: test)
        if try manifest.isFulfilled(in: directory) { return .alreadyThere }
        try DurableDirectory.create(at: directory) { unfinished in
            var written = 0
            var checksums: [(name: String, crc32: UInt32)] = []
            for file in files(training: training, test: test) {
                let path = join(unfinished, file.name)
                try write(file, to: path, seed: seed) {
                    written += 1
                    if written % 100 == 0 || written == training + test { progress(written, training + test) }
                }
                checksums.append((file.name, try Checksums.crc32(ofFile: path)))
            }
            try NewFile.write(join(unfinished, "batches.meta.txt"), text: classNames.joined(separator: "\n") + "\n")
            try NewFile.write(join(unfinished, Manifest.fileName), text: manifest.text(checksums: checksums))
        }
        return .written
    }

    /// A file and the samples that it holds.
    struct File {
        let name: String
        let split: Split
        let samples: Range<Int>
    }

    /// The training images in five files of equal length (the first ones may be longer by one), then the test images.
    static func files(training: Int, test: Int) -> [File] {
        let batches = (0..<trainingFiles).map { number in
            File(
                name: "data_batch_\(number + 1).bin", split: .training,
                samples: bound(number, of: training)..<bound(number + 1, of: training))
        }
        return batches + [File(name: "test_batch.bin", split: .test, samples: 0..<test)]
    }

    private static func bound(_ number: Int, of count: Int) -> Int {
        number * (count / trainingFiles) + min(number, count % trainingFiles)
    }

    private static func write(_ file: File, to path: String, seed: UInt64, each: () -> Void) throws {
        let output = try NewFile(path)
        var canvas = Canvas()
        let record = UnsafeMutableRawBufferPointer.allocate(byteCount: recordBytes, alignment: 16)
        defer { record.deallocate() }
        for sample in file.samples {
            record[0] = UInt8(draw(seed: seed, split: file.split, sample: sample, on: &canvas))
            canvas.copyPlanes(to: UnsafeMutableRawBufferPointer(rebasing: record.dropFirst()))
            try output.write(UnsafeRawBufferPointer(record))
            each()
        }
        try output.finish()
    }
}
