import CZlib
import Diagnostics
import Foundation

@testable import Datasets

extension FuzzTarget {
    /// Gzip files. Deflate makes at most 1,032 bytes of one, which bounds what is allocated.
    static let gzip = FuzzTarget(
        "gzip", longestInput: 4_096, largestAllocation: 16,
        seeds: {
            let text = Array("a data set's file, a data set's file".utf8)
            return [gzipped(text), gzipped([]) + gzipped(text), gzipped([UInt8](repeating: 0, count: 10_000))]
        },
        read: { bytes in
            let contents = try GzipReader.inflate(try ScratchDirectory.shared.write(bytes, "file.gz"))
            require(contents.count <= 1_032 * bytes.count, "\(bytes.count) bytes inflate to \(contents.count)")
            _ = Checksums.crc32(of: UnsafeRawBufferPointer(start: contents.base, count: contents.count))
        })

    /// Tar archives, which come gzipped to the reader and with checksums that are right. What is unpacked stands in a folder whose
    /// surroundings are looked at afterwards.
    static let tar = FuzzTarget(
        "tar",
        seeds: {
            let plain = member("set/a.bin", [1, 2, 3]) + member("set/b.txt", Array("names".utf8))
            let odd = member("set/", type: "5") + member("other/readme", [UInt8](repeating: 9, count: 600)) + plain
            return [plain, odd].map { $0 + [UInt8](repeating: 0, count: 1_024) }
        },
        read: { bytes in
            let scratch = ScratchDirectory.shared
            let archive = try scratch.write(gzipped(withChecksums(bytes)), "tar/inside/archive.tar.gz")
            let inside = "\(scratch.path)/tar/inside"
            let wanted = [Catalogue.Member(path: "set/a.bin", length: 3), Catalogue.Member(path: "set/b.txt", length: nil)]
            let isUnpacked: Bool
            let answer = Result { try ArchiveContents.unpack(archive, members: wanted, into: inside) }
            if case .success = answer { isUnpacked = true } else { isUnpacked = false }
            try expect(["inside"], in: "\(scratch.path)/tar")
            try expect(isUnpacked ? ["archive.tar.gz", "set"] : ["archive.tar.gz"], in: inside)
            if isUnpacked {
                try expect(["a.bin", "b.txt"], in: inside + "/set")
                for name in ["set/a.bin", "set/b.txt", "set"] { require(remove("\(inside)/\(name)") == 0, "\(name) stays") }
            }
            try answer.get()
        })

    private static func expect(_ names: [String], in folder: String) throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        require(found == names, "unpacking leaves \(found) in \(folder), expected \(names)")
    }

    /// Every header's checksum made right, as far as the lengths in them lead.
    private static func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var start = 0
        while start + 512 <= bytes.count {
            bytes.replaceSubrange(start + 148..<start + 156, with: repeatElement(UInt8(ascii: " "), count: 8))
            let sum = bytes[start..<start + 512].reduce(0) { $0 + Int($1) }
            // Blocks of zeros are the end.
            if sum == 8 * 32 {
                bytes.replaceSubrange(start + 148..<start + 156, with: repeatElement(0, count: 8))
                break
            }
            bytes.replaceSubrange(start + 148..<start + 156, with: octal(sum, digits: 6) + [0, UInt8(ascii: " ")])
            let digits = String(decoding: bytes[start + 124..<start + 135], as: UTF8.self)
            let length = min(Int(digits, radix: 8) ?? 0, bytes.count)
            start += 512 + (max(0, length) + 511) / 512 * 512
        }
        return bytes
    }

    private static func member(_ name: String, _ contents: [UInt8] = [], type: Character = "0") -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            header.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        put(name.utf8, at: 0)
        put(octal(contents.count, digits: 11), at: 124)
        put(String(type).utf8, at: 156)
        put("ustar\u{0}00".utf8, at: 257)
        return withChecksums(header) + contents + [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    private static func octal(_ number: Int, digits: Int) -> [UInt8] {
        let text = String(number, radix: 8)
        return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
    }

    /// A gzip file of one member.
    static func gzipped(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        var input = bytes
        let code = deflateInit2_(
            &stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        require(code == Z_OK, "deflateInit2 returned \(code)")
        defer { deflateEnd(&stream) }
        return [UInt8](unsafeUninitializedCapacity: Int(deflateBound(&stream, UInt(bytes.count))) + 64) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                let code = deflate(&stream, Z_FINISH)
                require(code == Z_STREAM_END, "deflate returned \(code)")
            }
            count = Int(stream.total_out)
        }
    }
}
