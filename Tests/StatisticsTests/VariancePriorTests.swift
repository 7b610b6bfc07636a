import Foundation
import Testing

@testable import Statistics

@Suite struct VariancePriorTests {
    @Test func derivativesOfTheGammaFunction() {
        let euler = 0.577215664901532861
        #expect(abs(digamma(1) + euler) < 1e-12 && abs(digamma(0.5) + euler + 2 * log(2)) < 1e-12)
        #expect(abs(trigamma(1) - .pi * .pi / 6) < 1e-12 && abs(trigamma(0.5) - .pi * .pi / 2) < 1e-12)
        for x in [1e-3, 0.4, 3, 250] { #expect(abs(inverseTrigamma(trigamma(x)) / x - 1) < 1e-10, "\(x)") }
    }
}
