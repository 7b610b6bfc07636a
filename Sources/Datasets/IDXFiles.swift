import Diagnostics
import Foundation

/// The four IDX files of MNIST and Fashion-MNIST, each plain or gzipped.
///
/// Images: big-endian words 0x803, count, rows, columns, then one byte a pixel. Labels: 0x801, count, then one byte a label. The format is
/// described at http://yann.lecun.com/exdb/mnist/. A plain file is mapped, a gzipped one inflated into memory; of both, the plain one is used.
struct IDXFiles {
    let format: DatasetFormat
    let directory: String

    private static let imageMagic: UInt32 = 0x803
    private static let labelMagic: UInt32 = 0x801
    private static let imageHeader = 16
    private static let labelHeader = 8
    /// A side longer than this is a damaged header, and keeps products of the header's numbers within 64 bits.
    private static let longestSide = 4_096

    private struct Images {
        let path: String
        let region: ByteRegion
        let count: Int
        let height: Int
        let width: Int
    }

    func open() throws -> Dataset {
        let training = try open(.training, prefix: "train")
        let test = try open(.test, prefix: "t10k")
        guard training.height == test.height, training.width == test.width else {
            throw Failure(
                .badData,
                "\(directory): training images are \(training.height) × \(training.width) pixels, test images \(test.height) × "
                    + "\(test.width); expected one size. The files are of different data sets: fetch them again")
        }
        return Dataset(
            format: format, directory: directory, training: training, test: test, classNames: format.builtInClassNames)
    }

    /// Whether a file name is one of the four, in any spelling.
    static func isKnown(_ name: String) -> Bool { allNames.contains(name) }

    private static let allNames = Set(
        ["train", "t10k"].flatMap { spellings($0 + "-images", 3) + spellings($0 + "-labels", 1) })

    /// `train-images-idx3-ubyte`, `train-images.idx3-ubyte`, and both with `.gz`.
    private static func spellings(_ stem: String, _ dimensions: Int) -> [String] {
        let plain = ["\(stem)-idx\(dimensions)-ubyte", "\(stem).idx\(dimensions)-ubyte"]
        return plain + plain.map { $0 + ".gz" }
    }

    private func open(_ split: Split, prefix: String) throws -> ImageSet {
        let images = try images(in: find("\(prefix)-images", 3))
        let labelPath = try find("\(prefix)-labels", 1)
        let labels = try labelRegion(labelPath)
        let labelCount = labels.count - Self.labelHeader
        guard images.count == labelCount else {
            throw Failure(
                .badData,
                "\(images.path): \(images.count.grouped) images, but \(labelPath) has \(labelCount.grouped) labels; expected as many. "
                    + "The files are of different data sets: fetch them again")
        }
        let part = ImageSet.Part(
            first: 0, count: images.count, labelFile: labelPath, labels: labels.base + Self.labelHeader, labelStride: 1,
            pixels: images.region.base + Self.imageHeader, pixelStride: images.height * images.width)
        return ImageSet(
            split: split, height: images.height, width: images.width, channels: 1, classes: format.classes, parts: [part],
            regions: [images.region, labels], files: [images.path, labelPath])
    }

    private func find(_ stem: String, _ dimensions: Int) throws -> String {
        let names = Self.spellings(stem, dimensions)
        guard let name = names.first(where: { access(join(directory, $0), F_OK) == 0 }) else {
            throw Failure(
                .missing,
                "\(join(directory, names[0])): no such file, nor \(names[0]).gz; expected both images and labels of both splits. "
                    + "Fetch or copy it")
        }
        return join(directory, name)
    }

    private func images(in path: String) throws -> Images {
        let region = try contents(path, magic: Self.imageMagic, header: Self.imageHeader)
        let count = Int(region.bigEndianWord(at: 4))
        let height = Int(region.bigEndianWord(at: 8))
        let width = Int(region.bigEndianWord(at: 12))
        guard count > 0, (1...Self.longestSide).contains(height), (1...Self.longestSide).contains(width) else {
            throw Failure(
                .badData,
                "\(path): the header tells of \(count.grouped) images of \(height.grouped) × \(width.grouped) pixels; expected at least "
                    + "one image and sides of 1…\(Self.longestSide.grouped). The file is damaged: fetch it again")
        }
        try check(region, path, bytes: Self.imageHeader + count * height * width, "\(count.grouped) images of \(height) × \(width)")
        return Images(path: path, region: region, count: count, height: height, width: width)
    }

    private func labelRegion(_ path: String) throws -> ByteRegion {
        let region = try contents(path, magic: Self.labelMagic, header: Self.labelHeader)
        let count = Int(region.bigEndianWord(at: 4))
        try check(region, path, bytes: Self.labelHeader + count, "\(count.grouped) labels")
        return region
    }

    /// The file's bytes, inflated where they are gzipped, with a header of the right kind.
    private func contents(_ path: String, magic: UInt32, header: Int) throws -> ByteRegion {
        let region = path.hasSuffix(".gz") ? try GzipReader.inflate(path) : try ByteRegion(mapping: path)
        guard region.count >= header else {
            throw Failure(
                .badData, "\(path): found \(region.count.bytes), fewer than an IDX header's \(header); fetch it again")
        }
        let found = region.bigEndianWord(at: 0)
        guard found == magic else {
            let kinds = [Self.imageMagic: " (that of an image file)", Self.labelMagic: " (that of a label file)"]
            throw Failure(
                .badData,
                "\(path): begins with magic number \(hexadecimal(found))\(kinds[found] ?? ""); expected \(hexadecimal(magic))"
                    + "\(kinds[magic] ?? ""). The file is damaged or another one under this name: fetch it again")
        }
        return region
    }

    private func check(_ region: ByteRegion, _ path: String, bytes: Int, _ claim: String) throws {
        guard region.count == bytes else {
            let inflated = path.hasSuffix(".gz") ? " once inflated" : ""
            throw Failure(
                .badData,
                "\(path): the header tells of \(claim), which take \(bytes.bytes); found \(region.count.bytes)\(inflated). "
                    + "The file is damaged: fetch it again")
        }
    }

    private func hexadecimal(_ word: UInt32) -> String { "0x" + String(word, radix: 16) }
}
