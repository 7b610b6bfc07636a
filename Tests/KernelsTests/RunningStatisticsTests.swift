import Testing

import Kernels
import TestSupport

/// Running statistics are those of the whole batch, unbiased, however it was cut into micro-batches.
@Suite struct RunningStatisticsTests {
    struct Case: Sendable {
        let mean: Float
        let deviation: Float
        let running: Float
        let momentum: Float
    }

    @Test(
        arguments: [[12], [4, 4, 4], [Int](repeating: 1, count: 12), [5, 1, 6]],
        [
            Case(mean: 0, deviation: 1, running: 0, momentum: 0.125), Case(mean: 3, deviation: 0.5, running: 0, momentum: 1),
            Case(mean: 1e3, deviation: 0.25, running: 1e3, momentum: 1),
            Case(mean: 1e3, deviation: 1, running: 999, momentum: 0.125),
            Case(mean: -5, deviation: 2, running: 5, momentum: 0),
        ])
    func areThoseOfTheWholeBatch(cut: [Int], example: Case) {
        let channels = 17
        let rows = cut.reduce(0, +)
        let input = hashedFloats(rows * channels, stream: 41).map { example.mean + example.deviation * $0 }
        let found = updated(input, channels: channels, cut: cut, example)
        let u = Agreement.roundoff
        var agreement = Agreement()
        for c in 0..<channels {
            let x = (0..<rows).map { Double(input[$0 * channels + c]) }
            let mean = x.reduce(0, +) / Double(rows)
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows - 1)
            let (momentum, running) = (Double(example.momentum), Double(example.running))
            // Sums are taken from the running mean: distances from there set the error, and each micro-batch rounds its mean.
            let distance = abs(mean - running)
            let meanError = u * (abs(mean) + Double(cut.count + 4) * (distance + Double(example.deviation)))
            agreement.compare(
                Double(found.mean[c]), running + momentum * (mean - running),
                tolerance: momentum * meanError + 2 * u * (abs(running) + distance), "mean of channel \(c) in \(cut)")
            let second = variance + distance * distance
            let varianceError =
                2 * (Double(cut.count + 6) * u * second + 2 * distance * meanError + 2 * Double(example.deviation) * u * abs(mean))
            agreement.compare(
                Double(found.variance[c]), 2 + momentum * (variance - 2),
                tolerance: momentum * varianceError + 4 * u * (2 + variance),
                "variance of channel \(c) in \(cut)")
        }
        #expect(agreement.holds && agreement.compared == 2 * channels, "\(agreement)")
    }

    /// One row alone has no unbiased variance; its biased one, 0, is taken.
    @Test func oneRowHasVarianceZero() {
        let found = updated([3, -2], channels: 2, cut: [1], Case(mean: 0, deviation: 1, running: 0, momentum: 0.5))
        #expect(found.mean == [1.5, -1] && found.variance == [1, 1])
    }

    /// Running values that start at `running` and 2, after one step.
    private func updated(_ input: [Float], channels: Int, cut: [Int], _ example: Case) -> (mean: [Float], variance: [Float]) {
        let workspace = Workspace()
        let x = workspace.floats(input)
        let runningMean = workspace.floats([Float](repeating: example.running, count: channels))
        let runningVariance = workspace.floats([Float](repeating: 2, count: channels))
        let zeros = [Float](repeating: 0, count: channels)
        let (first, second) = (workspace.floats(zeros), workspace.floats(zeros))
        var row = 0
        for rows in cut {
            var sums = [Double](repeating: 0, count: 2 * channels)
            sums.withUnsafeMutableBufferPointer { sums in
                guard let sums = sums.baseAddress else { return }
                BatchNormalisation.addMoments(
                    rows: rows, channels: channels, input: x + row * channels, origin: runningMean, sums: sums)
                BatchNormalisation.addRunningSums(channels: channels, moments: sums, firstSums: first, secondSums: second)
            }
            row += rows
        }
        BatchNormalisation.updateRunning(
            rows: row, channels: channels, momentum: example.momentum, firstSums: first, secondSums: second,
            runningMean: runningMean,
            runningVariance: runningVariance)
        #expect(workspace.isIntact)
        return (values(runningMean, channels), values(runningVariance, channels))
    }
}
