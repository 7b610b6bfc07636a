import Crypto
import Diagnostics
import Foundation

/// The SHA-256 of a file's bytes, in hexadecimal.
///
/// - Throws: `Failure.io` where it cannot be read.
public func fileDigest(_ path: String) throws -> String {
    do {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        return SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    } catch {
        throw Failure(.io, "\(path) cannot be read: \(reason(error))")
    }
}
