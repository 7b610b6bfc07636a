import Foundation
import Testing

@testable import Training

@Suite struct BatchLossesTests {
    @Test func meanAndVarianceOfHandComputedLosses() {
        var losses = BatchLosses()
        #expect(losses.variance == nil)
        losses.observe(2)
        #expect(losses.variance == nil && losses.mean == 2)
        for loss in [4.0, 4, 4, 5, 5, 7, 9] { losses.observe(loss) }
        // The squared distances from the mean of 5 add up to 32.
        #expect(losses.mean == 5 && abs((losses.variance ?? 0) - 32.0 / 7) < 1e-12)
    }

    /// A run that is taken up within an epoch has the variance of the whole epoch.
    @Test func goesOnFromACheckpoint() throws {
        var whole = BatchLosses()
        var half = BatchLosses()
        let values = (0..<20).map { 1 + 0.1 * sin(Double($0)) }
        for value in values { whole.observe(value) }
        for value in values.prefix(7) { half.observe(value) }
        var resumed = try JSONDecoder().decode(BatchLosses.self, from: JSONEncoder().encode(half))
        for value in values.dropFirst(7) { resumed.observe(value) }
        #expect(resumed == whole)
    }

    @Test func forgedOnesAreFound() throws {
        let forged = try JSONDecoder().decode(BatchLosses.self, from: Data(#"{"count":3,"mean":1,"squares":-1}"#.utf8))
        #expect(!forged.isSane && BatchLosses().isSane)
    }
}
