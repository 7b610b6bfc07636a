import Diagnostics
import Foundation
import Testing

/// Checks that `body` throws a `Failure` of a kind whose message holds every one of the parts.
func expectFailure(
    _ kind: Failure.Kind, mentioning parts: String..., sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
    let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try body() }
    guard let failure else { return }
    #expect(failure.kind == kind, "\(failure)", sourceLocation: sourceLocation)
    for part in parts {
        #expect(failure.description.contains(part), "\"\(part)\" is not in: \(failure)", sourceLocation: sourceLocation)
    }
}

/// Writes bytes to `directory/name`, with the directories above it.
func write(_ bytes: [UInt8], _ directory: String, _ name: String) throws {
    let url = URL(fileURLWithPath: directory).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
}

func contents(_ directory: String, _ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory).appendingPathComponent(name)))
}

/// The names in a directory, sorted.
func names(_ directory: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory).sorted() }
