/// CRC-32C (Castagnoli's polynomial, 0x1EDC6F41, reflected), and the masked form in which record files keep it.
///
/// Source: RFC 3720, section 12.1 and appendix B.4; the mask is that of TensorFlow's record_writer, for data that hold checksums themselves.
enum MaskedChecksum {
    /// The remainders of all bytes.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1 }
    }

    static func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            ~bytes.reduce(~0) { remainder, byte in table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ remainder >> 8 }
        }
    }

    /// Rotated right by 15 bits, plus 0xA282EAD8.
    static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let checksum = crc32c(bytes)
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }
}
