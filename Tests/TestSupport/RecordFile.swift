import Foundation
import Testing

/// The parts of a TFRecord file, read apart from the code that writes it; checksums are not looked at here.
public struct RecordFile {
    public struct Record {
        public let length: [UInt8]
        public let lengthChecksum: UInt32
        public let data: [UInt8]
        public let dataChecksum: UInt32
    }

    public let records: [Record]

    /// Throws where the last record is cut off.
    public init(_ bytes: [UInt8]) throws {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        var records: [Record] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            try #require(rest.count >= 16, "\(rest.count) bytes behind the last record")
            let length = rest.prefix(8)
            try #require(number(length) <= UInt64(rest.count - 16), "a record of \(number(length)) bytes is cut off")
            let (start, end) = (rest.startIndex + 12, rest.startIndex + 12 + Int(number(length)))
            records.append(
                Record(
                    length: Array(length), lengthChecksum: UInt32(number(rest[start - 4..<start])), data: Array(rest[start..<end]),
                    dataChecksum: UInt32(number(rest[end..<end + 4]))))
            rest = rest[(end + 4)...]
        }
        self.records = records
    }

    public init(path: String) throws { try self.init(Array(Data(contentsOf: URL(fileURLWithPath: path)))) }
}
