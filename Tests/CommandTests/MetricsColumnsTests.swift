import Checkpoints
import Foundation
import TestSupport
import Testing

/// What `metrics.csv` says beyond loss and accuracy, held against what it is of.
@Suite(.timeLimit(.minutes(3))) struct MetricsColumnsTests {
    private func column(_ name: String, _ split: String, in path: String) throws -> [Double?] {
        let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let place = try #require(rows[0].firstIndex(of: name))
        return rows.dropFirst().filter { $0[2] == split }.map { Double($0[place]) }
    }

    /// Steps of plain descent are the rate times the gradient, which the norm is of.
    @Test(arguments: [nil, 2]) func gradientNormIsTheStepOverTheRate(ranks: Int?) throws {
        try Workplace.with { place in
            for steps in [1, 2] {
                expectSuccess(
                    try place.lockstep(
                        [
                            "train", "--run", place.path("run\(steps)"), "--max-steps", "\(steps)", "--model", "lenet5", "--data",
                            place.data, "--learning-rate", "0.125", "--log-every", "1",
                        ], ranks: ranks))
            }
            let files = try [1, 2].map { try CheckpointFile(path: place.checkpoint(run: "run\($0)", step: $0)) }
            var squares = 0.0
            for tensor in files[0].tensors {
                let values = try files.map { try $0.withValues(of: tensor.name, shape: tensor.shape) { $0.map(Double.init) } }
                squares += zip(values[0], values[1]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            }
            let norms = try column("gradient_norm", "step", in: place.path("run2/metrics.csv"))
            let norm = try #require(norms.last ?? nil)
            // Parameters of about 0.1 hold 2⁻²⁴ of themselves, the difference of two of them a millionth of a step.
            #expect(norms.count == 2 && norm > 0.01 && isClose(squares.squareRoot() / 0.125, norm, relative: 1e-4), "\(norms)")
        }
    }

    /// The variance of an epoch's batches, also of one that was taken up in its middle.
    @Test func lossVarianceIsOfTheSteps() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 4))
            expectSuccess(try place.resume(run: "run", maxSteps: 10))
            let path = place.path("run/metrics.csv")
            let losses = try column("loss", "step", in: path).compactMap(\.self)
            let mean = losses.reduce(0, +) / Double(losses.count)
            let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(losses.count - 1)
            let found = try #require(try column("loss_variance", "train", in: path).last ?? nil)
            #expect(losses.count == 10 && isClose(found, variance, relative: 1e-9), "\(found), expected \(variance)")
            #expect(try column("loss_variance", "step", in: path).allSatisfy { $0 == nil })
        }
    }
}
