import Diagnostics
import Scaling
import Testing

@Suite struct NetworkOptionTests {
    @Test(arguments: [
        ("10us,1.2GB/s", 10e-6, 1.2e9), ("10 µs, 1.2 GB/s", 10e-6, 1.2e9), ("50ns,10Gbit/s", 50e-9, 1.25e9),
        ("0.5ms,100Mb/s", 0.5e-3, 12.5e6), ("1e-1ms,1GiB/s", 1e-4, 0x1p30), ("2E1us,8Kibit/s", 20e-6, 1024.0),
        ("1s,1B/s", 1.0, 1.0),
        ("1us,3TB/s", 1e-6, 3e12), ("1us,1kB/s", 1e-6, 1e3), ("1us,1MiB/s", 1e-6, 0x1p20),
    ])
    func whatIsUnderstood(text: String, latency: Double, bandwidth: Double) throws {
        let link = try NetworkModel.Link(parsing: text)
        #expect(abs(link.latency / latency - 1) < 1e-12 && abs(link.bandwidth / bandwidth - 1) < 1e-12, "\(link)")
    }

    @Test func aThirdPieceIsTheCostOfAMessage() throws {
        #expect(try NetworkModel.Link(parsing: "10us,1GB/s,2us").perMessage == 2e-6)
        #expect(try NetworkModel.Link(parsing: "10us,1GB/s").perMessage == 0)
    }

    /// Each error says which piece is wrong and shows a right one.
    @Test(arguments: [
        ("10us", "a comma between"), ("10us,1GB/s,3", "the cost of a message '3' has the unit ''"),
        ("1us,1GB/s,1us,1us", "a comma between"), ("10,1GB/s", "the latency '10' has the unit ''"),
        ("10m,1GB/s", "unit 'm'"), ("10us,1GB", "the bandwidth '1GB' has the unit 'GB'"), ("10us,1gb/s", "unit 'gb/s'"),
        ("10us,1GBps", "unit 'GBps'"), ("-1us,1GB/s", "the latency is '-1us'"), ("0us,1GB/s", "a number above 0"),
        ("us,1GB/s", "the latency is 'us'"), ("1us,1e999GB/s", "the bandwidth is"), ("1us,", "the bandwidth is ''"),
        ("", "a comma"),
        ("1.2.3us,1GB/s", "the latency is"),
    ])
    func whatIsNot(text: String, words: String) {
        let failure = #expect(throws: Failure.self) { try NetworkModel.Link(parsing: text) }
        #expect(failure?.kind == .usage && failure?.description.contains(words) == true, "\(failure?.description ?? "")")
    }
}
