import Foundation
import TestSupport
import Testing

/// A loss that is not a number stops training before it reaches a checkpoint.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DivergenceTests {
    @Test(arguments: [nil, 3]) func stopsWithItsOwnCode(ranks: Int?) throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 10))
            let checkpoint = place.checkpoint(run: "run", step: 10)
            let before = try place.bytes(checkpoint)
            let run = try place.resume(run: "run", ranks: ranks, ["--learning-rate", "1e6"])
            expectFailure(
                run, code: 76, "not a finite number; training has diverged. Lower the learning rate", "earlier checkpoints stand")
            #expect(run.standardError.contains(#/step 1[0-9]: the loss of [0-9]+ samples? is not/#), "\(run.report)")
            #expect(try place.bytes(checkpoint) == before)
            #expect(try place.bytesOfCheckpoints(run: "run") == [before])
            expectSuccess(try place.resume(run: "run", maxSteps: 12, ["--learning-rate", "0.01"]))
        }
    }

    /// The step that ruined the parameters was the last one: nothing comes after it that would notice, but the evaluation.
    @Test(arguments: [nil, 3]) func theLastStepLeavesNoCheckpoint(ranks: Int?) throws {
        try Workplace.with { place in
            let run = try place.train(run: "run", maxSteps: 1, ranks: ranks, ["--learning-rate", "1e30"])
            expectFailure(run, code: 76, "step 1: after it, the loss of 200 test samples is not a finite number")
            #expect(try place.bytesOfCheckpoints(run: "run").isEmpty)
        }
    }
}

extension Workplace {
    fileprivate func bytesOfCheckpoints(run: String) throws -> [Data] {
        let directory = path("\(run)/checkpoints")
        return try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix("step-") }.sorted()
            .map { try bytes("\(directory)/\($0)") }
    }
}
