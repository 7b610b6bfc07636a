import Kernels
import Testing

@Suite struct FinitenessTests {
    /// Around a vector and a block, each kind of value at each edge.
    @Test func findsTheFirst() {
        var found = 0
        for count in [0, 1, 15, 16, 17, 4_095, 4_096, 4_097, 8_193] {
            var values = (0..<count).map { $0.isMultiple(of: 2) ? Float.greatestFiniteMagnitude : -.leastNonzeroMagnitude }
            #expect(values.withUnsafeBufferPointer(firstNonFinite) == nil)
            for place in Set([0, 14, 15, 16, 4_095, 4_096, count - 1]) where (0..<count).contains(place) {
                for value in [Float.infinity, -.infinity, .nan, -.signalingNaN] {
                    let kept = values[place]
                    values[place] = value
                    #expect(values.withUnsafeBufferPointer(firstNonFinite) == place, "\(value) at \(place) of \(count)")
                    values[place] = kept
                    found += 1
                }
            }
        }
        #expect(found > 100)
    }

    @Test func tellsOfDoubles() {
        for count in [0, 1, 5, 32] {
            var values = [Double](repeating: -.greatestFiniteMagnitude, count: count)
            #expect(holds(values))
            for place in 0..<count {
                for value in [Double.infinity, -.infinity, .nan] {
                    values[place] = value
                    #expect(!holds(values), "\(value) at \(place) of \(count)")
                }
                values[place] = 0
            }
        }
    }

    private func holds(_ values: [Double]) -> Bool {
        values.withUnsafeBufferPointer { values in
            values.baseAddress.map { Finiteness.holds(count: values.count, $0) } ?? true
        }
    }

    private func firstNonFinite(_ values: UnsafeBufferPointer<Float>) -> Int? {
        values.baseAddress.flatMap { Finiteness.firstNonFinite(count: values.count, $0) }
    }
}
