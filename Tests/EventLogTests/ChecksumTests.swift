import TestSupport
import Testing

@testable import EventLog

@Suite struct ChecksumTests {
    /// Known answers: RFC 3720, appendix B.4, and the usual check value.
    @Test func knownAnswers() {
        #expect(MaskedChecksum.crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(MaskedChecksum.crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(MaskedChecksum.crc32c(0..<32) == 0x46DD_794E)
        #expect(MaskedChecksum.crc32c((0..<32).reversed()) == 0x113F_DB5C)
        #expect(MaskedChecksum.crc32c(Array("123456789".utf8)) == 0xE306_9283)
        #expect(MaskedChecksum.crc32c([]) == 0)
    }

    /// The mask by another way: rotation as a multiplication by 2¹⁷ in 64 bits.
    @Test func mask() {
        let checksum = UInt64(MaskedChecksum.crc32c(0..<32))
        let rotated = (checksum << 17 | checksum >> 15) & 0xFFFF_FFFF
        #expect(UInt64(MaskedChecksum.masked(0..<32)) == (rotated + 0xA282_EAD8) & 0xFFFF_FFFF)
    }

    /// The same bytes as TensorBoard's own RecordWriter: the checksums of every golden record.
    @Test func framesAreThoseOfTensorBoard() throws {
        let golden = try EventBytes.golden()
        #expect(golden.count == 9)
        for (name, bytes) in golden {
            let data = try EventBytes.data(of: RecordFile(bytes))
            #expect(data.count == 1 && RecordFrame.frame(data[0]) == bytes, "\(name)")
        }
    }
}
