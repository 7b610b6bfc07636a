import Diagnostics
import Foundation

/// CIFAR's binary versions: files of records, each one or two label bytes and 3 × 32 × 32 pixels, red plane first.
///
/// CIFAR-10: `data_batch_1.bin`, `data_batch_2.bin` … and `test_batch.bin`, one label byte. CIFAR-100: `train.bin` and `test.bin`, a coarse
/// label byte and then the fine one, which is used. A file may hold any positive whole number of records.
/// The format is described at https://www.cs.toronto.edu/~kriz/cifar.html.
struct CIFARFiles {
    let format: DatasetFormat
    let directory: String

    private static let side = 32
    private static let channels = 3
    private static let pixelBytes = channels * side * side

    private var labelBytes: Int { format == .cifar100 ? 2 : 1 }
    private var recordBytes: Int { labelBytes + Self.pixelBytes }

    func open() throws -> Dataset {
        let training = try format == .cifar100 ? ["train.bin"] : batchNames()
        let test = [format == .cifar100 ? "test.bin" : "test_batch.bin"]
        let names = format == .cifar100 ? "fine_label_names.txt" : "batches.meta.txt"
        return Dataset(
            format: format, directory: directory,
            training: try open(.training, files: training), test: try open(.test, files: test),
            classNames: try ClassNames.read(join(directory, names), classes: format.classes) ?? format.builtInClassNames)
    }

    /// The N of `data_batch_N.bin`, or nil where the name is another.
    static func batchNumber(of name: String) -> Int? {
        guard name.hasPrefix("data_batch_"), name.hasSuffix(".bin"), name.count > 15 else { return nil }
        let digits = name.dropFirst(11).dropLast(4)
        guard let number = Int(digits), number > 0, String(number) == digits else { return nil }
        return number
    }

    /// `data_batch_1.bin` … in numeric order.
    ///
    /// Throws: `.missing` where there is a gap.
    private func batchNames() throws -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let numbers = Set(all.compactMap(Self.batchNumber))
        let last = max(1, numbers.max() ?? 0)
        // Looks for the first gap instead of listing 1…last, which a stray file could make as long as it likes.
        var next = 1
        while numbers.contains(next) { next += 1 }
        guard next > last else {
            let found = numbers.sorted().prefix(10).map { "data_batch_\($0).bin" }.joined(separator: ", ")
            throw Failure(
                .missing,
                "\(join(directory, "data_batch_\(next).bin")): no such file; found \(found.isEmpty ? "no training batch" : found). "
                    + "Expected data_batch_1.bin and on without a gap: fetch the data set again")
        }
        return (1...last).map { "data_batch_\($0).bin" }
    }

    private func open(_ split: Split, files: [String]) throws -> ImageSet {
        var parts: [ImageSet.Part] = []
        var regions: [ByteRegion] = []
        var first = 0
        for name in files {
            let path = join(directory, name)
            let region = try ByteRegion(mapping: path)
            let count = try records(in: region, path: path)
            parts.append(
                ImageSet.Part(
                    first: first, count: count, labelFile: path, labels: region.base + (labelBytes - 1), labelStride: recordBytes,
                    pixels: region.base + labelBytes, pixelStride: recordBytes))
            regions.append(region)
            first += count
        }
        return ImageSet(
            split: split, height: Self.side, width: Self.side, channels: Self.channels, classes: format.classes, parts: parts,
            regions: regions, files: files.map { join(directory, $0) })
    }

    private func records(in region: ByteRegion, path: String) throws -> Int {
        let (whole, over) = region.count.quotientAndRemainder(dividingBy: recordBytes)
        guard over == 0 else {
            let short = recordBytes - over
            throw Failure(
                .badData,
                "\(path): found \(region.count.bytes): \(whole.grouped) records of \(recordBytes.bytes) and \(over.bytes) over "
                    + "(\(short.bytes) short of \((whole + 1).grouped) records). Expected a whole number of records: "
                    + "the file is cut short or not of \(format.rawValue)'s binary version; fetch it again")
        }
        return whole
    }
}
