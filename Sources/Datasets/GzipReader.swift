import CZlib
import Diagnostics
import Foundation

/// Inflates a gzip file piece by piece. Members that follow one another are read as one, as gzip itself does.
///
/// Nothing is allocated because the file claims a size: memory grows with what has been inflated, up to `limit`.
final class GzipReader {
    /// More than any data set needs, and as much as IDX files and ustar members are meant to hold.
    static let largestInflated = 4 << 30

    let path: String
    private let source: ByteRegion
    private let limit: Int
    /// zlib's state points back at this structure, so that it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var consumed = 0
    private var produced = 0
    private var isFinished = false

    /// Throws: as `ByteRegion(mapping:)`; `.badData` where the file does not begin as gzip does.
    init(path: String, limit: Int = GzipReader.largestInflated) throws {
        let source = try ByteRegion(mapping: path)
        guard source.count >= 2, source.base[0] == 0x1f, source.base[1] == 0x8b else {
            throw Failure(.badData, "\(path): not a gzip file: it does not begin with the bytes 1f 8b; fetch it again")
        }
        self.path = path
        self.source = source
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for a gzip wrapper alone.
        let code = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        require(code == Z_OK, "inflateInit2 returned \(code)")
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Fills the buffer with the next inflated bytes; returns how many they are, fewer than asked for only at the end of the file.
    ///
    /// Throws: `.badData` for damaged, truncated or oversized contents.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let wanted = min(buffer.count, 1 << 30)
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(wanted)
        while stream.pointee.avail_out > 0, !isFinished {
            feed()
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            switch code {
            case Z_OK: break
            case Z_STREAM_END: try finishMember()
            case Z_BUF_ERROR:
                throw Failure(
                    .badData,
                    "\(path): the gzip file ends too early, after \(source.count.bytes); fetch it again")
            default:
                let text = stream.pointee.msg.map { String(cString: $0) } ?? "code \(code)"
                throw Failure(.badData, "\(path): damaged gzip contents: zlib says \"\(text)\"; fetch the file again")
            }
        }
        let count = wanted - Int(stream.pointee.avail_out)
        produced += count
        guard produced <= limit else {
            throw Failure(
                .badData, "\(path): inflates to more than \(limit.bytes); expected a data set's file, not an archive bomb")
        }
        return count
    }

    /// The whole of a gzip file, inflated into memory.
    static func inflate(_ path: String, limit: Int = GzipReader.largestInflated) throws -> ByteRegion {
        let reader = try GzipReader(path: path, limit: limit)
        var capacity = max(4_096, 4 * reader.source.count)
        var count = 0
        var memory = try reallocate(nil, capacity, path)
        do {
            while true {
                count += try reader.read(into: UnsafeMutableRawBufferPointer(start: memory + count, count: capacity - count))
                if reader.isFinished { break }
                if count == capacity {
                    capacity *= 2
                    memory = try reallocate(memory, capacity, path)
                }
            }
            return ByteRegion(adopting: try reallocate(memory, max(1, count), path), count: count)
        } catch {
            free(memory)
            throw error
        }
    }

    /// Gives zlib more of the file, where it has used up what it had.
    private func feed() {
        guard stream.pointee.avail_in == 0 else { return }
        let count = min(source.count - consumed, 1 << 30)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.base + consumed)
        stream.pointee.avail_in = UInt32(count)
        consumed += count
    }

    /// At a member's end: either the file ends too, or another member begins.
    private func finishMember() throws {
        let position = consumed - Int(stream.pointee.avail_in)
        let left = source.count - position
        guard left > 0 else {
            isFinished = true
            return
        }
        guard left >= 2, source.base[position] == 0x1f, source.base[position + 1] == 0x8b else {
            throw Failure(.badData, "\(path): \(left.bytes) follow the end of the gzip contents; fetch the file again")
        }
        inflateReset(stream)
    }

    private static func reallocate(
        _ memory: UnsafeMutablePointer<UInt8>?, _ capacity: Int, _ path: String
    ) throws -> UnsafeMutablePointer<UInt8> {
        guard let grown = realloc(memory, capacity) else {
            throw Failure(.io, "\(path): no memory for \(capacity.bytes) of inflated contents")
        }
        return grown.assumingMemoryBound(to: UInt8.self)
    }
}
