import Foundation
import TestSupport
import Testing

/// What a recipe names as its loss is what training makes small, what its log tells and what evaluation computes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RecipeLossTests {
    /// A linear model of zeros: every output is 0, so each loss has a value that needs no computation.
    @Test(arguments: [
        ("softmax", log(10.0)), ("{softmax: {label-smoothing: 0.5}}", log(10.0)), ("euclidean", 0.1),
    ])
    func isTheOneThatIsTrained(loss: String, value: Double) throws {
        try Workplace.with(training: 60, test: 20) { place in
            let recipe = """
                experiment:
                  model: {input: [32, 32, 3], classes: 10, layers: [flatten, linear: {outputs: 10, initialisation: zeros}]}
                  loss: \(loss)
                  optimiser: {rate: 0.5}
                  global-batch: 60
                execution: {data: "\(place.data)", run: "\(place.path("run"))", log-every: 1}
                """
            let path = try place.write(recipe, "recipe.yaml")
            expectSuccess(try place.lockstep(["train", path, "--max-steps", "2"]))
            let metrics = try MetricsRows(place.path("run/metrics.csv"))
            let first = try #require(metrics.of("step").first)
            #expect(isClose(first.lossValue, value, relative: 1e-6), "\(first)")
            let evaluation = try place.lockstep(["evaluate", place.checkpoint(run: "run", step: 2)])
            expectSuccess(evaluation)
            let found = evaluation.lines.compactMap { $0.wholeMatch(of: /loss (.+)/) }.first.flatMap { Double($0.1) }
            #expect(isClose(try #require(found), try metrics.last("test").lossValue, relative: 1e-6), "\(evaluation.report)")
        }
    }

    /// Smoothing shows where outputs are not all alike.
    @Test func smoothingChangesTheFirstStep() throws {
        try Workplace.with(training: 60, test: 20) { place in
            let losses = try ["0", "0.5"].map { smoothing in
                let recipe = """
                    experiment: {model: linear, loss: {softmax: {label-smoothing: \(smoothing)}}, global-batch: 60}
                    execution: {data: "\(place.data)", run: "\(place.path("run-\(smoothing)"))", log-every: 1}
                    """
                expectSuccess(try place.lockstep(["train", try place.write(recipe, "\(smoothing).yaml"), "--max-steps", "1"]))
                return try #require(try MetricsRows(place.path("run-\(smoothing)/metrics.csv")).of("step").first).lossValue
            }
            #expect(!isClose(losses[0], losses[1], relative: 1e-4), "\(losses)")
        }
    }
}
