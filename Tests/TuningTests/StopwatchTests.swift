import Testing
import Tuning

@Suite struct StopwatchTests {
    /// Each clock has its own median.
    @Test func medians() {
        #expect(
            Seconds.median([Seconds(wall: 3, cpu: 1), Seconds(wall: 1, cpu: 2), Seconds(wall: 2, cpu: 9)])
                == Seconds(wall: 2, cpu: 2))
    }
}
