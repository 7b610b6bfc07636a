import Diagnostics

/// The labelled 8-bit images of one split, read in place from the data set's own files.
///
/// Mapped files are touched record by record: a rank that reads a shard loads only the pages of that shard. Reading allocates nothing.
/// Sendable because the bytes are never written to; images may be read by any number of threads at once.
public final class ImageSet: @unchecked Sendable {
    public let split: Split
    /// Number of images.
    public let count: Int
    /// Pixels of one image, top to bottom.
    public let height: Int
    /// Pixels of one row, left to right.
    public let width: Int
    /// 3 (red, green, blue) or 1.
    public let channels: Int
    /// Number of classes: every label is in 0..<classes.
    public let classes: Int

    /// Consecutive records of one file (or of one pair of files). Addresses are into `regions`.
    struct Part {
        /// Number in the whole set of this part's first record.
        let first: Int
        let count: Int
        /// The file that holds the labels, for messages.
        let labelFile: String
        let labels: UnsafePointer<UInt8>
        let labelStride: Int
        /// Bytes of one label: 1, or 2, the lower one first.
        var labelBytes = 1
        let pixels: UnsafePointer<UInt8>
        let pixelStride: Int
    }

    /// The files on disk that the set is made of, in order.
    let files: [String]
    /// Bytes whose checksum is known from where they were written.
    let seals: [Seal]
    private let parts: [Part]
    /// What the parts' addresses point into.
    private let regions: [ByteRegion]

    /// Precondition: at least one part, each with at least one record; parts in order without gaps.
    init(
        split: Split, height: Int, width: Int, channels: Int, classes: Int, parts: [Part], regions: [ByteRegion], files: [String],
        seals: [Seal] = []
    ) {
        var next = 0
        for part in parts {
            require(part.first == next && part.count > 0, "a part of \(part.count) records begins at \(part.first), not at \(next)")
            next += part.count
        }
        require(next > 0, "an image set has at least one record")
        self.split = split
        self.count = next
        self.height = height
        self.width = width
        self.channels = channels
        self.classes = classes
        self.parts = parts
        self.regions = regions
        self.files = files
        self.seals = seals
    }

    /// CRC-32 of some bytes before, and of all bytes that this set is read from, headers included, in order of its files.
    func checksum(after before: UInt32) -> UInt32 {
        regions.reduce(before) { Checksums.crc32(of: UnsafeRawBufferPointer(start: $1.base, count: $1.count), after: $0) }
    }

    /// Bytes of one image: channels × height × width.
    public var imageBytes: Int { channels * height * width }

    /// The label of one image, 0..<classes.
    ///
    /// Throws: `.badData` where the file holds a label that is none of the classes.
    /// Precondition: 0 ≤ index < count.
    public func label(at index: Int) throws(Failure) -> Int {
        let part = part(of: index)
        let stored = part.labels + (index - part.first) * part.labelStride
        let label = part.labelBytes == 1 ? Int(stored[0]) : Int(stored[0]) | Int(stored[1]) << 8
        guard label < classes else {
            throw Failure(
                .badData,
                "\(part.labelFile): record \((index - part.first).grouped) (counted from 0) has label \(label); "
                    + "expected 0…\(classes - 1). The file is damaged or of another data set: fetch or make it again")
        }
        return label
    }

    /// The pixels of one image in the file's own layout: [channels][height][width], one byte each; valid while the set lives.
    ///
    /// Precondition: 0 ≤ index < count.
    public func pixels(at index: Int) -> UnsafePointer<UInt8> {
        let part = part(of: index)
        return part.pixels + (index - part.first) * part.pixelStride
    }

    /// Calls `body` with the pixels of one image, [channels][height][width]; the buffer is not to be kept.
    ///
    /// Precondition: 0 ≤ index < count.
    public func withPixels<Result>(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeBufferPointer(start: pixels(at: index), count: imageBytes)) }
    }

    private func part(of index: Int) -> Part {
        require(index >= 0 && index < count, "image \(index) of a set of \(count)")
        var number = parts.count - 1
        while parts[number].first > index { number -= 1 }
        return parts[number]
    }
}
