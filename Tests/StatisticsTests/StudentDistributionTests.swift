import Foundation
import Testing

@testable import Statistics

@Suite struct StudentDistributionTests {
    /// Tables of Student's t, two-sided: 12.706 and 63.657 for one degree of freedom, and so on.
    @Test(arguments: [
        (0.05, 1.0, 12.7062), (0.01, 1, 63.6567), (0.05, 2, 4.30265), (0.05, 10, 2.22814), (0.001, 5, 6.86883),
        (0.05, 1000, 1.96234),
    ])
    func quantilesOfStudent(level: Double, degrees: Double, expected: Double) {
        let found = StudentDistribution.twoSidedQuantile(level: level, degrees: degrees)
        #expect(abs(found - expected) < 1e-5 * expected, "\(found)")
    }

    /// One degree of freedom is Cauchy's distribution, which has a closed form.
    @Test func oneDegreeOfFreedomIsCauchy() {
        for t in [-50, -3, -0.5, 0, 0.1, 1, 7, 300.0] {
            let expected = 0.5 + atan(t) / .pi
            #expect(abs(StudentDistribution.cumulative(t, degrees: 1) - expected) < 1e-13, "\(t)")
        }
    }
}
