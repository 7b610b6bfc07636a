import Parallelism
import Testing

@testable import Training

/// How waits are told apart, and clocks aligned.
@Suite struct StepClockTests {
    /// Each finish is held against its own start; what MPI sums, against its own beginning; all else waits for nobody.
    @Test func arrivals() {
        let network = NetworkOutline(trainedCount: 64, arenaCount: 64, backwardPasses: [0..<2], finalCounts: [32, 64])
        var outline = StepOutline(network: network, groups: [0..<1])
        (outline.sum, outline.buckets) = (.tree(overlapped: true), [0..<32, 32..<64])
        let program = StepProgram(compiling: outline)
        var waits = 0
        for (index, arrival) in program.arrivals.enumerated() {
            switch program.operations[index] {
            case .finish(let bucket, let form):
                #expect(arrival.map { program.operations[$0] } == .start(bucket: bucket, form))
                waits += 1
            case .exchange:
                #expect(arrival == index)
                waits += 1
            default: #expect(arrival == nil)
            }
        }
        #expect(waits == 3)
    }

    /// A clock that runs ahead, and gains: offsets of 2 at time 10 and of 4 at 30 make 3 in the middle.
    @Test func clocksThatDrift() {
        let clock = AlignedClock((time: 10, offset: 2), (time: 30, offset: 4))
        #expect(clock.aligned(10) == 8 && clock.aligned(20) == 17 && clock.aligned(30) == 26)
        #expect(AlignedClock((time: 5, offset: 1), (time: 5, offset: 9)).aligned(7) == 6)
    }

    @Test func slowRanks() throws {
        #expect(try FaultPoint("slow:1:40") != FaultPoint("slow:1:41"))
        #expect(try FaultPoint("cut:1:2:eth0") != FaultPoint("cut:1:2:eth1"))
        for text in ["slow", "slow:1", "slow:1:x", "slow:1:-1", "slow:1:2:3"] {
            #expect(throws: (any Error).self, "\(text)") { try FaultPoint(text) }
        }
    }
}
