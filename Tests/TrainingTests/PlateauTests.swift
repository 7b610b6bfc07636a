import Diagnostics
import Testing

@testable import Training

/// Decisions that hang on test losses.
@Suite struct PlateauTests {
    /// PyTorch's ReduceLROnPlateau(patience=2, factor=0.1, min_lr=0.001) from a rate of 0.2.
    @Test func patienceIsPyTorchs() {
        let losses = [2, 1.5, 1.49999, 1.6, 1.7, 1.4, 1.5, 1.5, 1.5, 1.5, 1.3, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4, 1.4]
        let rates = [
            0.2, 0.2, 0.2, 0.2, 0.02, 0.02, 0.02, 0.02, 0.002, 0.002, 0.002, 0.002, 0.002, 0.001, 0.001, 0.001, 0.001, 0.001, 0.001,
        ]
        let plateau = Plateau.patience(epochs: 2, factor: 0.1, minimum: 0.001)
        var state = Plateau.State()
        for (epoch, (loss, rate)) in zip(losses, rates).enumerated() {
            plateau.observe(loss: loss, accuracy: 0, rate: 0.2 * state.factor, state: &state)
            #expect(abs(0.2 * state.factor - rate) < 1e-12, "epoch \(epoch): \(0.2 * state.factor), not \(rate)")
        }
    }

    /// The same in mode `max`, which watches the accuracy: PyTorch's rates for patience=1, factor=0.5.
    @Test func patienceOverAccuracies() {
        let accuracies = [0.1, 0.5, 0.50001, 0.4, 0.6, 0.6, 0.6, 0.7]
        let rates = [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
        let plateau = Plateau.patience(epochs: 1, factor: 0.5, minimum: 0, mode: .max)
        var state = Plateau.State()
        for (epoch, (accuracy, rate)) in zip(accuracies, rates).enumerated() {
            plateau.observe(loss: 1, accuracy: accuracy, rate: state.factor, state: &state)
            #expect(state.factor == rate, "epoch \(epoch): \(state.factor), not \(rate)")
        }
    }

    /// The MNIST report's: the newest of ten within the tolerance of their mean halves the rate and begins the list anew.
    @Test func tenLosses() {
        let plateau = Plateau.tenLosses(factor: 0.5, tolerance: 0.001)
        var state = Plateau.State()
        for _ in 0..<9 { plateau.observe(loss: 0.05, accuracy: 0, rate: 1, state: &state) }
        #expect(state.factor == 1 && state.losses.count == 9)
        plateau.observe(loss: 0.05, accuracy: 0, rate: 1, state: &state)
        #expect(state.factor == 0.5 && state.losses.isEmpty)
        // Falling losses: the newest is far below the mean, and the window slides on.
        for step in 0..<25 { plateau.observe(loss: 1 - 0.01 * Double(step), accuracy: 0, rate: 1, state: &state) }
        #expect(state.factor == 0.5 && state.losses.count == 9)
    }

    @Test func smallestLossAndHowLongAgo() {
        var best = Training.Progress.BestEpoch()
        let found = [0.5, 0.4, 0.45, 0.4, 0.3].map { best.observe($0) }
        #expect(found == [true, true, false, false, true])
        #expect(best.epochsSince == 0 && best.loss == 0.3)
        _ = best.observe(0.3)
        #expect(best.epochsSince == 1)
    }

    @Test(arguments: [
        ("plateau: {patience: 0}", "plateau.patience: found 0"), ("plateau: {factor: 1}", "plateau.factor: found 1"),
        ("plateau: {minimum: -1}", "plateau.minimum"), ("plateau: {tolerance: 0}", "plateau.tolerance"),
        ("plateau: {tolerance: 0.1, patience: 3}", "expected one form"), ("early-stopping: 0", "early-stopping: found 0"),
        ("loss: {softmax: {label-smoothing: 1}}", "label-smoothing: found 1"), ("loss: mse", "unknown loss 'mse'"),
    ])
    func settingsThatCannotBe(text: String, message: String) {
        let failure = #expect(throws: Failure.self) {
            try Recipe.parse("experiment: {model: lenet5, \(text)}", name: "test").validate()
        }
        #expect(failure?.kind == .usage && failure?.description.contains(message) == true, "\(String(describing: failure))")
    }

    @Test func writtenForms() throws {
        let text =
            "experiment: {model: {name: mnist-cnn, channels: 4}, plateau: {patience: 10, minimum: 1e-5}, early-stopping: 5, loss: euclidean}"
        let recipe = try Recipe.parse(text, name: "test")
        #expect(recipe.experiment.plateau == .patience(epochs: 10, factor: 0.1, minimum: 1e-5))
        #expect(recipe.experiment.earlyStopping == 5 && recipe.experiment.loss == .euclidean)
        #expect(try Recipe.parse(try canonicalJSON(recipe), name: "again") == recipe)
        let report = try Recipe.parse("experiment: {model: lenet5, plateau: {tolerance: 0.001}}", name: "test")
        #expect(report.experiment.plateau == .tenLosses(factor: 0.5, tolerance: 0.001))
    }
}
