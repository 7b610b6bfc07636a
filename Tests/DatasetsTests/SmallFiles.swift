import CZlib
import Foundation

/// Tiny files in the data sets' formats. Every pixel follows from its place, so that a reader that looks elsewhere is found out.
enum SmallFiles {
    /// The byte of one pixel of a CIFAR image made here.
    static func pixel(image: Int, channel: Int, row: Int, column: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: image * 101 + channel * 57 + row * 7 + column)
    }

    /// CIFAR records, numbered from `first`, with the label bytes that `labels` gives for each.
    static func cifar(_ labels: [[UInt8]], first: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        for (number, header) in labels.enumerated() {
            bytes += header
            for channel in 0..<3 {
                for row in 0..<32 {
                    for column in 0..<32 { bytes.append(pixel(image: first + number, channel: channel, row: row, column: column)) }
                }
            }
        }
        return bytes
    }

    /// A CIFAR-10 set: batches of 3 and 2 training records with labels 0…4, one test record with label 9.
    static func writeCIFAR10(_ directory: String) throws {
        try write(cifar([[0], [1], [2]]), directory, "data_batch_1.bin")
        try write(cifar([[3], [4]], first: 3), directory, "data_batch_2.bin")
        try write(cifar([[9]], first: 5), directory, "test_batch.bin")
    }

    static func idxImages(_ count: Int, height: Int = 4, width: Int = 3, magic: UInt32 = 0x803) -> [UInt8] {
        words(magic, UInt32(count), UInt32(height), UInt32(width))
            + (0..<(count * height * width)).map { UInt8(truncatingIfNeeded: $0 * 11) }
    }

    static func idxLabels(_ labels: [UInt8], magic: UInt32 = 0x801) -> [UInt8] { words(magic, UInt32(labels.count)) + labels }

    static func words(_ words: UInt32...) -> [UInt8] {
        words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    /// The four files of an MNIST-like set: 3 training images with labels 1, 2, 3 and 2 test images with labels 4, 5.
    static func idxSet() -> [(name: String, bytes: [UInt8])] {
        [
            ("train-images-idx3-ubyte", idxImages(3)), ("train-labels-idx1-ubyte", idxLabels([1, 2, 3])),
            ("t10k-images-idx3-ubyte", idxImages(2)), ("t10k-labels-idx1-ubyte", idxLabels([4, 5])),
        ]
    }

    static func writeIDX(_ directory: String, gzipped isGzipped: Bool = false) throws {
        for file in idxSet() {
            try write(isGzipped ? gzip(file.bytes) : file.bytes, directory, file.name + (isGzipped ? ".gz" : ""))
        }
    }

    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        var input = bytes
        deflateInit2_(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        return [UInt8](unsafeUninitializedCapacity: Int(deflateBound(&stream, UInt(bytes.count))) + 64) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                deflate(&stream, Z_FINISH)
            }
            count = Int(stream.total_out)
        }
    }

    /// One member of a ustar archive. `type` is the header's flag: "0" a file, "5" a directory, "2" a symbolic link.
    /// - Parameter prefix: the directories that POSIX puts before the name.
    static func tarMember(
        _ name: String, _ bytes: [UInt8] = [], type: Character = "0", link: String = "", prefix: String = ""
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at position: Int) {
            header.replaceSubrange(position..<(position + text.utf8.count), with: text.utf8)
        }
        put(name, at: 0)
        put("0000644\0", at: 100)
        let length = String(bytes.count, radix: 8)
        put(String(repeating: "0", count: 11 - length.count) + length, at: 124)
        put("        ", at: 148)
        put(String(type), at: 156)
        put(link, at: 157)
        put("ustar\u{0}00", at: 257)
        put(prefix, at: 345)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
        return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }

    /// A gzipped archive of members, with its end.
    static func tarball(_ members: [UInt8]...) -> [UInt8] { gzip(members.flatMap { $0 } + [UInt8](repeating: 0, count: 1_024)) }
}
