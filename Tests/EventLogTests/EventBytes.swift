import Foundation
import TestSupport
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

    /// The data of each record; every checksum is right.
    static func data(of file: RecordFile, at location: SourceLocation = #_sourceLocation) -> [[UInt8]] {
        for record in file.records {
            #expect(record.lengthChecksum == MaskedChecksum.masked(record.length), sourceLocation: location)
            #expect(record.dataChecksum == MaskedChecksum.masked(record.data), sourceLocation: location)
        }
        return file.records.map(\.data)
    }
}
