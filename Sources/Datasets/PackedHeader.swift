import Diagnostics

/// The first 128 bytes of a file of packed images, and where the rest is. All numbers are little-endian.
///
///     byte  0  8  "LSIMAGES"                      72  24  three Float64: deviation of each channel, likewise
///           8  4  version: 1                      96   4  CRC-32 of the training images
///          12  4  height                         100   4  CRC-32 of the test images
///          16  4  width                          104   4  CRC-32 of the training labels
///          20  4  channels: 1 or 3               108   4  CRC-32 of the test labels
///          24  4  classes                        112   4  CRC-32 of the names
///          28  4  bytes of the names             116   8  zeros
///          32  8  training images                124   4  CRC-32 of the 124 bytes before
///          40  8  test images
///          48 24  three Float64: mean of each channel of the training images in units of 0…1; zero where there is no such channel
///
/// Then follow, without gaps: the training images, each [channels][height][width] bytes; the test images; the training labels, 2 bytes
/// each; the test labels; the names in UTF-8, each ended by a line feed: that of the set, then those of the classes, by label.
struct PackedHeader: Equatable {
    static let magic = Array("LSIMAGES".utf8)
    static let version: UInt32 = 1
    static let byteCount = 128
    static let longestSide = 4_096
    /// Labels are 16 bits.
    static let mostClasses = 65_535
    /// As many as `Permutation` can order.
    static let mostImages = Int(Int32.max)
    static let labelBytes = 2
    private static let mostNameBytes = 1 << 28

    struct Checksums: Equatable {
        var trainingImages: UInt32 = 0
        var testImages: UInt32 = 0
        var trainingLabels: UInt32 = 0
        var testLabels: UInt32 = 0
        var names: UInt32 = 0
    }

    var height: Int
    var width: Int
    var channels: Int
    var classes: Int
    var nameBytes = 0
    var training = 0
    var test = 0
    /// One for each channel.
    var mean: [Double] = []
    var deviation: [Double] = []
    var checksums = Checksums()

    var imageBytes: Int { height * width * channels }
    var trainingImages: Range<Int> { section(after: Self.byteCount, bytes: training * imageBytes) }
    var testImages: Range<Int> { section(after: trainingImages.upperBound, bytes: test * imageBytes) }
    var trainingLabels: Range<Int> { section(after: testImages.upperBound, bytes: training * Self.labelBytes) }
    var testLabels: Range<Int> { section(after: trainingLabels.upperBound, bytes: test * Self.labelBytes) }
    var names: Range<Int> { section(after: testLabels.upperBound, bytes: nameBytes) }

    private func section(after offset: Int, bytes: Int) -> Range<Int> { offset..<offset + bytes }

    /// The 128 bytes, sealed by their checksum.
    var bytes: [UInt8] {
        var bytes = Self.magic
        func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        for value in [Int(Self.version), height, width, channels, classes, nameBytes] { put(UInt32(value)) }
        for value in [training, test] { put(UInt64(value)) }
        for values in [mean, deviation] {
            for channel in 0..<3 { put(channel < values.count ? values[channel].bitPattern : 0) }
        }
        for value in [
            checksums.trainingImages, checksums.testImages, checksums.trainingLabels, checksums.testLabels, checksums.names,
        ] { put(value) }
        put(UInt64(0))
        put(bytes.withUnsafeBytes { Datasets.Checksums.crc32(of: $0) })
        require(bytes.count == Self.byteCount, "a header of \(bytes.count) bytes")
        return bytes
    }
}

extension PackedHeader {
    /// Reads and checks the header of a file, and the file's length by it.
    ///
    /// Throws: `.badData` where it is too short, another format or version, damaged, or of another length than it says.
    init(readingFrom region: ByteRegion, path: String) throws {
        func fault(_ text: String) -> Failure { Failure(.badData, "\(path): \(text)") }
        guard region.count >= Self.byteCount else {
            throw fault(
                "found \(region.count.bytes), fewer than a header's \(Self.byteCount): the file is cut short; copy it again, or pack the "
                    + "images again")
        }
        let header = UnsafeRawBufferPointer(start: region.base, count: Self.byteCount)
        guard header.starts(with: Self.magic) else {
            throw fault("does not begin with LSIMAGES, as packed images do: another file under this name; pack the images again")
        }
        func number<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Number {
            Number(littleEndian: header.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        func word(_ offset: Int) -> UInt32 { number(offset) }
        func long(_ offset: Int) -> UInt64 { number(offset) }
        guard word(8) == Self.version else {
            throw fault("found version \(word(8)), expected \(Self.version): pack the images again, by this version of lockstep")
        }
        let checksum = Datasets.Checksums.crc32(of: UnsafeRawBufferPointer(rebasing: header[..<124]))
        guard checksum == word(124) else {
            throw fault(
                "the header has CRC-32 \(checksum.eightDigits), expected \(word(124).eightDigits): the file is damaged; copy it again, "
                    + "or pack the images again")
        }
        (height, width, channels, classes) = (Int(word(12)), Int(word(16)), Int(word(20)), Int(word(24)))
        nameBytes = Int(word(28))
        let counts = [long(32), long(40)]
        guard (1...Self.longestSide).contains(height), (1...Self.longestSide).contains(width), channels == 1 || channels == 3,
            (2...Self.mostClasses).contains(classes), nameBytes <= Self.mostNameBytes,
            counts.allSatisfy({ (1...UInt64(Self.mostImages)).contains($0) })
        else {
            throw fault(
                "the header tells of \(counts[0]) training and \(counts[1]) test images of \(height)×\(width)×\(channels), \(classes) "
                    + "classes; expected at least one image of each, sides of 1…\(Self.longestSide.grouped), 1 or 3 channels and "
                    + "2…\(Self.mostClasses.grouped) classes. Pack the images again")
        }
        (training, test) = (Int(counts[0]), Int(counts[1]))
        mean = (0..<channels).map { Double(bitPattern: long(48 + 8 * $0)) }
        deviation = (0..<channels).map { Double(bitPattern: long(72 + 8 * $0)) }
        guard (mean + deviation).allSatisfy({ (0...1).contains($0) }) else {
            throw fault("the header tells of means \(mean) and deviations \(deviation), expected 0…1. Pack the images again")
        }
        checksums = Checksums(
            trainingImages: word(96), testImages: word(100), trainingLabels: word(104), testLabels: word(108), names: word(112))
        guard region.count == names.upperBound else {
            let difference = region.count - names.upperBound
            throw fault(
                "found \(region.count.bytes), expected \(names.upperBound.grouped) by its header: the file "
                    + (difference < 0 ? "is cut short" : "has \(difference.bytes) too many")
                    + "; copy it again, or pack the images again")
        }
    }
}
