import Diagnostics
import Foundation

/// How numbers stand in messages.
extension Int {
    /// "1 byte", "3,073 bytes".
    var bytes: String { self == 1 ? "1 byte" : "\(grouped) bytes" }
}

extension UInt32 {
    /// A checksum as people compare it: `0000abcd`.
    var eightDigits: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// `path/name` without doubled slashes.
func join(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
}
