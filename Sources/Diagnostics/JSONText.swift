import Foundation

/// JSON as people read it, with sorted keys: the same value always gives the same bytes.
public func encodedJSON(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
}

/// JSON in one line, with sorted keys and no white space: the same value always gives the same bytes.
public func canonicalJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
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
