import Diagnostics
import Networks
import Testing

@testable import Parallelism

/// What `lockstep plan` says, beside the same by hand.
@Suite struct StepPredictionTests {
    /// A convolution of 2·2·1·4 + 4 parameters on 3×3 pixels, and linear layers of 36 · 8 + 8 and 8 · 4 + 4.
    private static let model = Model(
        name: "small", input: TensorShape(height: 4, width: 4, channels: 1), classes: 4,
        layers: [
            .convolution(.init(channels: 4, kernel: 2)), .relu, .flatten, .linear(.init(outputs: 8)), .relu,
            .linear(.init(outputs: 4)),
        ])

    private func predictions(ranks: Int, _ rates: RankRates) throws -> [StepPrediction] {
        let (predictions, refusal) = try StepPrediction.all(for: Self.model, ranks: ranks, globalBatch: 16, rates: rates)
        #expect(refusal == nil && predictions.map(\.strategy) == Strategy.allCases)
        return predictions
    }

    @Test func bytesAreThoseOfTheFormulas() throws {
        let found = try predictions(ranks: 4, RankRates(latency: 1e-6, bandwidth: 1e9, arithmetic: 1e9))
        // Three quarters of 4 bytes each are not a rank's own; gradients go twice.
        let gradients: [Double] = [2 * 3 * 20, 2 * 3 * 296, 2 * 3 * 36]
        #expect(found[0].layers.map(\.sentBytes) == gradients)
        #expect(found[1].sentBytes == found[0].sentBytes)
        #expect(found[0].layers.map(\.heldBytes) == [240, 3_552, 432])
        #expect(found[1].layers.map(\.heldBytes) == [180, 2_664, 324])
        // 16 samples of 36 activations and their gradients, and of 8 outputs; of 8 input gradients, and of 4 outputs.
        let activations: [Double] = [120, 3 * 16 * (2 * 36 + 8), 3 * 16 * (8 + 4)]
        for hybrid in found[2...] {
            #expect(hybrid.layers.map(\.sentBytes) == activations)
            #expect(hybrid.layers.map(\.heldBytes) == [240, 3_256, 396])
        }
    }

    /// Nothing to wait for: what is computed, 6 flops a multiply-add, 4 of the first layer. Nothing to compute: what is sent.
    @Test func limits() throws {
        let multiplyAdds = (first: 9 * 16, others: 288 + 32)
        for prediction in try predictions(ranks: 2, RankRates(latency: 0, bandwidth: .infinity, arithmetic: 1e6)) {
            let flops = Double(8 * (4 * multiplyAdds.first + 6 * multiplyAdds.others))
            #expect(abs(prediction.stepSeconds - flops * 1e-6) < 1e-12)
            #expect(abs(prediction.stepSeconds - prediction.computeSeconds) < 1e-12)
        }
        for prediction in try predictions(ranks: 2, RankRates(latency: 0, bandwidth: 1e3, arithmetic: .infinity)) {
            // Taking turns, one rank sends while the other waits: twice the activations and their gradients, less nothing that hides them.
            let activations: Double = prediction.strategy == .hybrid(.b) ? 2 * 16 * 2 * 36 : 0
            #expect(abs(prediction.stepSeconds - (prediction.sentBytes + activations) * 1e-3) < 1e-9)
        }
    }

    /// Scheme b hides all transfers but the first and the last behind enough computing; a hides none.
    @Test func passesOverlap() throws {
        let rates = RankRates(latency: 0, bandwidth: 1e6, arithmetic: 1e3)
        let found = try predictions(ranks: 4, rates)
        let waited = found.map { $0.stepSeconds - $0.computeSeconds }
        // One direction of activations in scheme a; in b as long for each of the four passes, of which one shows; in c a quarter of it.
        let activations = Double(3 * 16 * 36) / 1e6
        let outputs = Double(3 * 16 * (8 + 4 + 8)) / 1e6
        let convolution = 120 / 1e6
        let rest = outputs + convolution
        for (index, expected) in [(2, 2 * activations + rest), (3, 2 * activations + rest), (4, activations / 2 + rest)] {
            #expect(abs(waited[index] - expected) < 1e-9)
        }
    }

    @Test func whatIsNotPossibleSaysWhy() throws {
        let rates = RankRates(latency: 1e-6, bandwidth: 1e9, arithmetic: 1e9)
        let (found, refusal) = try StepPrediction.all(for: Self.model, ranks: 5, globalBatch: 16, rates: rates)
        #expect(found.map(\.strategy) == [.replicated, .sharded])
        #expect(refusal?.description.contains("5 ranks cannot divide the 4 outputs of linear2") == true)
        #expect(throws: Failure.self) { try StepPrediction.all(for: Self.model, ranks: 17, globalBatch: 16, rates: rates) }
    }
}
