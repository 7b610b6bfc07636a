import Testing

import Kernels
import TestSupport

/// Moving samples side by side and back, against plain loops: exact.
@Suite struct SampleBlocksTests {
    /// Around the lanes and the squares of 8, and the lines of 16 floats that are moved at a time.
    static let samples = [0, 1, 7, 8, 9, 15, 16, 17, 33]
    static let counts = [1, 7, 8, 9, 15, 16, 17, 24, 31, 33, 75]

    @Test(arguments: samples, counts) func gatherGivesZerosBehindTheLastSample(samples: Int, count: Int) {
        let workspace = Workspace()
        let values = hashedFloats(samples * count, stream: 1)
        let expected = laidOut(values, samples: samples, .sampleBlocks)
        let target = workspace.unwritten(TensorLayout.sampleBlocks.floats(samples: samples, count: count))
        SampleBlocks.gather(samples: samples, count: count, from: workspace.floats(values), to: target)
        #expect(Array(UnsafeBufferPointer(start: target, count: expected.count)) == expected)
        #expect(workspace.isIntact)
    }

    /// Behind the last sample lies a guarded page: writing there would end the run.
    @Test(arguments: samples, counts) func scatterIsTheOtherWay(samples: Int, count: Int) {
        let workspace = Workspace()
        let values = hashedFloats(samples * count, stream: 2)
        let target = workspace.unwritten(samples * count)
        let blocks = workspace.floats(laidOut(values, samples: samples, .sampleBlocks))
        SampleBlocks.scatter(samples: samples, count: count, from: blocks, to: target)
        #expect(Array(UnsafeBufferPointer(start: target, count: values.count)) == values)
        #expect(workspace.isIntact)
    }
}
