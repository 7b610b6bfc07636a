/// A record as TFRecord files hold it: length (8 bytes), masked CRC-32C of the length (4), data, masked CRC-32C of the data (4); numbers
/// with the lower bytes first.
enum RecordFrame {
    static func frame(_ data: [UInt8]) -> [UInt8] {
        let length = bytes(UInt64(data.count))
        return length + bytes(MaskedChecksum.masked(length)) + data + bytes(MaskedChecksum.masked(data))
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.littleEndian, Array.init) }
}
