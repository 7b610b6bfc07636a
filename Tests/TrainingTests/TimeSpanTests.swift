import Foundation
import Testing

@testable import Training

@Suite struct TimeSpanTests {
    @Test(arguments: [
        ("90s", 90, "1m30s"), ("55m", 3300, "55m"), ("2h", 7200, "2h"), ("1h30m", 5400, "1h30m"), ("1h5s", 3605, "1h5s"),
    ])
    func isReadAndWritten(text: String, seconds: Int, written: String) throws {
        let span = try #require(TimeSpan(text))
        #expect(span.seconds == seconds && span.description == written && TimeSpan(written) == span)
        #expect(try JSONDecoder().decode([TimeSpan].self, from: JSONEncoder().encode([span])) == [span])
    }

    @Test(arguments: ["", "0s", "10", "m", "5m1h", "1m1m", "-5m", "1.5h", "1 h", "99999999999999999999s", "9999999h", "٣m"])
    func isRefused(text: String) {
        #expect(TimeSpan(text) == nil)
    }

    @Test func intervalsAreStepsOrTimes() throws {
        #expect(CheckpointInterval("100") == .steps(100) && CheckpointInterval("10m") == .time(.minutes(10)))
        for wrong in ["0", "-1", "ten", "1.5"] { #expect(CheckpointInterval(wrong) == nil, "\(wrong)") }
        for interval in [CheckpointInterval.steps(7), .time(.minutes(3))] {
            #expect(try JSONDecoder().decode([CheckpointInterval].self, from: JSONEncoder().encode([interval])) == [interval])
        }
    }
}
