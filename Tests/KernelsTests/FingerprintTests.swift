import Kernels
import Testing

@Suite struct FingerprintTests {
    private func fingerprint(_ values: [Float]) -> UInt64 {
        values.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { Fingerprint.of(count: buffer.count, $0) } ?? 0 }
    }

    /// Any one bit of any value, around the width of a vector.
    @Test func oneBitIsSeen() {
        for count in [1, 15, 16, 17, 33, 100] {
            let values = (0..<count).map { Float($0) * 0.37 - 3 }
            var seen: Set<UInt64> = [fingerprint(values)]
            for place in 0..<count {
                for bit in 0..<32 {
                    var other = values
                    other[place] = Float(bitPattern: values[place].bitPattern ^ 1 << bit)
                    seen.insert(fingerprint(other))
                }
            }
            #expect(seen.count == 1 + 32 * count, "\(count)")
        }
    }

    @Test func orderLengthAndSignOfZeroAreSeen() {
        #expect(fingerprint([1, 2]) != fingerprint([2, 1]))
        #expect(fingerprint([0]) != fingerprint([-0.0]))
        #expect(fingerprint([1]) != fingerprint([1, 0]))
        let swapped = (0..<32).map { Float(($0 + 16) % 32) }
        #expect(fingerprint((0..<32).map(Float.init)) != fingerprint(swapped))
    }
}
