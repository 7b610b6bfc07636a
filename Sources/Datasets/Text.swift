import Diagnostics
import Foundation

/// How numbers and the system's own error texts stand in messages.
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

/// The C library's text for an error number, by default that of the call just made.
func systemText(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// `path/name` without doubled slashes.
func join(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : directory + "/" + name
}
