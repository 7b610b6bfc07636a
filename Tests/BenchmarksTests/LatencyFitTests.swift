import Testing

@testable import Benchmarks

@Suite struct LatencyFitTests {
    /// Times on a line give the line back, whatever their magnitudes.
    @Test func findsTheLine() throws {
        let sizes = (0..<13).map { 4 << (2 * $0) }
        let fit = try #require(LatencyFit(sizes.map { ($0, 2e-6 + Double($0) / 5e9) }))
        #expect(abs(fit.latency - 2e-6) < 1e-6 * 2e-6 && abs(fit.bandwidth - 5e9) < 1e-6 * 5e9, "\(fit)")
    }

    /// Errors count relative to the times: one long message that took twice as long moves the latency little.
    @Test func longMessagesDoNotDecideAlone() throws {
        let sizes = (0..<13).map { 4 << (2 * $0) }
        let times = sizes.map { ($0, (2e-6 + Double($0) / 5e9) * ($0 == sizes.last ? 2 : 1)) }
        let fit = try #require(LatencyFit(times))
        #expect(fit.latency > 1.5e-6 && fit.latency < 2.5e-6, "\(fit)")
    }

    @Test func oneSizeIsNoLine() {
        #expect(LatencyFit([(8, 1e-6), (8, 2e-6)]) == nil && LatencyFit([]) == nil)
    }

    @Test func medians() {
        #expect([3.0, 1, 2].median == 2 && [4.0, 1, 2, 3].median == 2.5 && [Double]().median.isNaN)
    }
}
