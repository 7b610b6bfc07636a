import TestSupport
import Testing

@testable import Networks

@Suite struct DropoutTests {
    /// An identity behind dropout: the logits are what dropout lets through.
    private func dropoutAlone(rate: Double, values: Int, samples: Int) throws -> NetworkRun {
        let model = Model(
            name: "dropout alone", input: TensorShape(vector: values), classes: values,
            layers: [.dropout(.init(rate: rate)), .linear(.init(outputs: values, bias: false))])
        let run = try NetworkRun(model, samples: samples)
        for i in 0..<values * values { run.parameters.base[i] = i % (values + 1) == 0 ? 1 : 0 }
        for i in 0..<samples * values { run.images.base[i] = 1 }
        return run
    }

    @Test(arguments: [0, 0.1, 0.5, 0.9]) func keepsItsShareAndScalesIt(rate: Double) throws {
        let run = try dropoutAlone(rate: rate, values: 50, samples: 400)
        let logits = run.run(.training(seed: 5, step: 1)).logits
        let scale = Float(1 / (1 - rate))
        #expect(logits.allSatisfy { $0 == 0 || $0 == scale })
        let kept = Double(logits.filter { $0 != 0 }.count)
        let count = Double(logits.count)
        // Six standard errors of a binomial share.
        #expect(abs(kept / count - (1 - rate)) <= 6 * (rate * (1 - rate) / count).squareRoot(), "\(kept) of \(count) kept")
    }

    /// What is drawn is part of what makes a run repeatable, so the formula stands here a second time.
    @Test func drawsAreThoseOfTheFormula() throws {
        let run = try dropoutAlone(rate: 0.5, values: 7, samples: 9)
        let logits = run.run(.training(seed: 1 << 40 | 3, step: 6)).logits
        #expect(
            logits.map { $0 != 0 } == DoubleNetwork.kept(samples: 9, count: 7, rate: 0.5, ordinal: 0, seed: 1 << 40 | 3, step: 6))
    }

    @Test func anotherStepSeedOrLayerDrawsAnew() throws {
        let run = try dropoutAlone(rate: 0.5, values: 40, samples: 25)
        let base = run.run(.training(seed: 5, step: 1)).logits
        #expect(run.run(.training(seed: 5, step: 1)).logits == base)
        for mode in [Plan.Mode.training(seed: 5, step: 2), .training(seed: 6, step: 1)] {
            // Half of 1,000 agree by chance, with a deviation of 16.
            let agreeing = zip(run.run(mode).logits, base).filter { $0 == $1 }.count
            #expect(abs(agreeing - 500) < 6 * 16, "\(agreeing) of 1,000 are the same in \(mode)")
        }
        // Two layers of one half each keep a quarter; were their draws the same, they would keep a half.
        var model = run.plan.model
        model.layers.insert(model.layers[0], at: 0)
        let double = try NetworkRun(model, samples: 25)
        for i in 0..<run.parameters.count { double.parameters.base[i] = run.parameters.base[i] }
        for i in 0..<run.images.count { double.images.base[i] = 1 }
        let kept = double.run(.training(seed: 5, step: 1)).logits.filter { $0 != 0 }.count
        #expect(abs(kept - 250) < 6 * 14, "\(kept) of 1,000 kept")
    }

    @Test func evaluationHasNone() throws {
        let run = try dropoutAlone(rate: 0.9, values: 10, samples: 8)
        #expect(run.run(.evaluation).logits == [Float](repeating: 1, count: 80))
    }

    /// However the batch is cut into micro-batches, a sample's draw follows from its place in the global batch.
    @Test func drawsDoNotDependOnMicroBatches() throws {
        let model = BuiltInModel(.lenet5).model(input: TensorShape(height: 32, width: 32, channels: 3), classes: 10)
        let run = try NetworkRun(model, samples: 12)
        let mode = Plan.Mode.training(seed: 7, step: 4)
        let whole = run.run(mode)
        let gradients = run.plan.layout.parameters.map { run.gradient(of: $0) }
        let relative = try run.roundingError()
        var agreement = Agreement()
        for cut in [[Int](repeating: 4, count: 3), [Int](repeating: 1, count: 12), [5, 1, 6]] {
            let outcome = run.run(mode, microBatches: cut)
            #expect(outcome.figures.samples == 12 && outcome.figures.correct == whole.figures.correct)
            agreement.compare(outcome.logits, whole.logits, relative: relative, "logits in micro-batches of \(cut)")
            for (parameter, gradient) in zip(run.plan.layout.parameters, gradients) {
                agreement.compare(run.gradient(of: parameter), gradient, relative: relative, "\(parameter.name) in \(cut)")
            }
        }
        #expect(agreement.holds, "\(agreement)")
        // And the draw matters: in another step the logits are others.
        #expect(run.run(.training(seed: 7, step: 5)).logits != whole.logits)
    }
}
