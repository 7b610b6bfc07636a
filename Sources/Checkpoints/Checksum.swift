import CZlib

/// CRC-32 (the polynomial of zlib, gzip and PNG, reflected, 0xEDB88320) of some bytes, as the checkpoint format writes it.
///
/// It finds every error of up to 32 bits in a row, hence every flipped bit; it is no protection against intent.
struct Checksum: Equatable {
    let value: UInt32

    /// One pass over `bytes`; an empty buffer has the checksum 0.
    init(_ bytes: UnsafeRawBufferPointer) {
        // zlib takes a null pointer for "give me the start value", which is the checksum of nothing.
        value = UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
    }

    /// Eight hexadecimal digits, lower case: `0000abcd`.
    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
