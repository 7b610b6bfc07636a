import Diagnostics

/// Reads the members of a gzipped ustar archive one after another (POSIX.1-1988, and GNU tar's files without extensions).
///
/// Only plain files and directories with harmless names come out of it: links, devices, extension headers, absolute names and names
/// with ".." are errors, so that no caller ever sees one.
struct TarReader {
    struct Member: Equatable {
        let name: String
        let isDirectory: Bool
        /// In bytes.
        let length: Int
    }

    private static let block = 512

    private let source: GzipReader
    /// Bytes of the member in hand that are not read yet, and the zeros that fill its last block.
    private var left = 0
    private var padding = 0

    init(path: String, limit: Int = GzipReader.largestInflated) throws {
        source = try GzipReader(path: path, limit: limit)
    }

    /// The next member, or nil at the archive's end; what is left of the one before is skipped.
    ///
    /// Throws: `.badData` for a damaged or truncated archive and for members as above.
    mutating func next() throws -> Member? {
        try skip(left + padding)
        left = 0
        padding = 0
        let header = try bytes(Self.block)
        if header.allSatisfy({ $0 == 0 }) {
            // Reads on to the end, where gzip's own checksum is compared.
            try drain()
            return nil
        }
        let member = try parse(header)
        left = member.length
        padding = (Self.block - member.length % Self.block) % Self.block
        return member
    }

    /// Fills the buffer with the member's next bytes; returns how many, 0 at its end.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let wanted = min(buffer.count, left)
        guard wanted > 0 else { return 0 }
        let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
        guard count == wanted else { throw truncated() }
        left -= count
        return count
    }

    private func parse(_ header: [UInt8]) throws -> Member {
        let stored = octal(header[148..<156])
        let sum = header.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(header[$1])) }
        guard stored == sum else {
            throw Failure(
                .badData, "\(source.path): a tar header's checksum does not match: damaged, or no tar archive; fetch it again")
        }
        // Only POSIX's own magic promises a prefix; GNU's keeps other things there.
        let isPOSIX = header[257..<263].elementsEqual("ustar\0".utf8)
        let prefix = isPOSIX ? text(header[345..<500]) : ""
        let name = prefix.isEmpty ? text(header[0..<100]) : prefix + "/" + text(header[0..<100])
        guard let length = octal(header[124..<136]) else {
            throw Failure(.badData, "\(source.path): member \(name) has no readable length; fetch the archive again")
        }
        let isDirectory = header[156] == UInt8(ascii: "5")
        guard isDirectory || header[156] == UInt8(ascii: "0") || header[156] == 0 else {
            throw Failure(
                .badData,
                "\(source.path): member \(name) is \(kind(header[156])); expected plain files and directories only. "
                    + "Nothing was unpacked")
        }
        guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw Failure(
                .badData,
                "\(source.path): member \"\(name)\" would be outside of the archive's own folder. Nothing was unpacked: "
                    + "this is not an official archive")
        }
        return Member(name: name, isDirectory: isDirectory, length: isDirectory ? 0 : length)
    }

    /// What a type flag that is refused stands for.
    private func kind(_ flag: UInt8) -> String {
        switch flag {
        case UInt8(ascii: "1"): "a hard link"
        case UInt8(ascii: "2"): "a symbolic link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): "a device or a pipe"
        default: "of the unknown type \(flag)"
        }
    }

    /// The bytes up to the first NUL. Bytes that are no UTF-8 come out as replacement characters and match no expected name.
    private func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: field.prefix { $0 != 0 }, as: UTF8.self) }

    /// A number in octal digits, with spaces or NULs around; nil for anything else. Twelve digits fit in 36 bits.
    private func octal(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.drop { $0 == 32 }.prefix { $0 != 32 && $0 != 0 }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
    }

    private func bytes(_ count: Int) throws -> [UInt8] {
        let all = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
            initialised = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        guard all.count == count else { throw truncated() }
        return all
    }

    private func skip(_ count: Int) throws {
        var rest = count
        while rest > 0 { rest -= try bytes(min(rest, 1 << 16)).count }
    }

    private func drain() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) > 0 {}
    }

    private func truncated() -> Failure {
        Failure(.badData, "\(source.path): the archive ends in the middle; fetch it again")
    }
}
