import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import EventLog

@Suite struct AppendedFileTests {
    /// A disk that is full for a while: what it refused is written with the next entry, once.
    @Test func whatIsRefusedIsWrittenLater() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/log"
            try Data("first\nhalf a li".utf8).write(to: URL(fileURLWithPath: path))
            let full = open("/dev/full", O_WRONLY)
            let room = open(path, O_WRONLY)
            defer { close(room) }
            let file = AppendedFile(path: path, descriptor: full, length: 6)
            for entry in ["second\n", "third\n"] {
                let failure = #expect(throws: Failure.self) { try file.append(Array(entry.utf8)) }
                #expect(failure?.kind == .io && failure?.description == "\(path) cannot be written: No space left on device")
            }
            #expect(dup2(room, full) == full)
            try file.append(Array("fourth\n".utf8))
            try file.append(Array("fifth\n".utf8))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "first\nsecond\nthird\nfourth\nfifth\n")
        }
    }
}
