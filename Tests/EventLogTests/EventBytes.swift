import Foundation
import Testing

@testable import EventLog

/// What the tests read of event files, apart from the code that writes them.
enum EventBytes {
    /// The records of `Golden/events.hex`, as TensorBoard wrote them, by name.
    static func golden() throws -> [String: [UInt8]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let text = try String(contentsOf: folder.appendingPathComponent("Golden/events.hex"), encoding: .utf8)
        var records: [String: [UInt8]] = [:]
        for line in text.split(separator: "\n") {
            let columns = line.split(separator: " ")
            try #require(columns.count == 2, "\(line)")
            let digits = columns[1].utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
            records[String(columns[0])] = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        }
        return records
    }

    /// The data of each record of a file; every length and checksum is right, and nothing is left behind the last one.
    static func records(of file: [UInt8]) throws -> [[UInt8]] {
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        var records: [[UInt8]] = []
        var rest = file[...]
        while !rest.isEmpty {
            try #require(rest.count >= 16, "\(rest.count) bytes behind the last record")
            let length = rest.prefix(8)
            let dataEnd = rest.startIndex + 12 + Int(number(length))
            try #require(dataEnd + 4 <= rest.endIndex, "a record of \(number(length)) bytes is cut off")
            let data = rest[rest.startIndex + 12..<dataEnd]
            #expect(number(rest.dropFirst(8).prefix(4)) == UInt64(MaskedChecksum.masked(length)))
            #expect(number(rest[dataEnd..<dataEnd + 4]) == UInt64(MaskedChecksum.masked(data)))
            records.append(Array(data))
            rest = rest[(dataEnd + 4)...]
        }
        return records
    }

    static func records(ofFile path: String) throws -> [[UInt8]] {
        try records(of: Array(Data(contentsOf: URL(fileURLWithPath: path))))
    }
}
