import Foundation

/// JSON as people read it, with sorted keys: the same value always gives the same bytes.
public func encodedJSON(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
}

extension Data {
    /// Replaces a file at once.
    /// - Throws: `Failure.io` where it cannot be written.
    public func writeReplacing(_ path: String) throws {
        do { try write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw Failure(.io, "\(path) cannot be written: \(reason(error))")
        }
    }
}
