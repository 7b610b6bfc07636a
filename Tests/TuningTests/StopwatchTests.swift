import Testing
import Tuning

@Suite struct StopwatchTests {
    @Test func medians() {
        #expect([3.0, 1, 2].median == 2 && [4.0, 1, 2, 3].median == 2.5 && [Double]().median.isNaN)
    }
}
