import TestSupport
import Testing

/// The number of ranks decides speed and nothing else: the same losses, the same parameters, the same figures at 1, 2, 3 and 4.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RankEqualityTests {
    @Test func lossesParametersAndFiguresDoNotDependOnRanks() throws {
        try Workplace.with { place in
            var reference: MetricsRows?
            for ranks in 1...4 {
                expectSuccess(try place.train(run: "run-\(ranks)", ranks: ranks))
                let metrics = try MetricsRows(place.path("run-\(ranks)/metrics.csv"))
                let expected = reference ?? metrics
                reference = expected
                #expect(metrics.of("step").map(\.step) == Array(1...20))
                // The tenth batch is the short one, and each epoch takes every sample once.
                #expect(metrics.of("step").map(\.samples).prefix(11).suffix(3) == [64, 24, 64])
                #expect(metrics.of("train").map(\.samples) == [600, 600])
                #expect(metrics.of("test").map(\.samples) == [200, 200])
                for split in ["step", "train", "test"] { expectSameRows(metrics, expected, split: split) }
                try expectSameTensors(
                    place.checkpoint(run: "run-\(ranks)", step: 20), place.checkpoint(run: "run-1", step: 20), count: 20)
            }
            let steps = try #require(reference).of("step")
            #expect(steps.first?.loss != steps.last?.loss, "nothing was learnt: the comparison would prove nothing")
            try expectSameEvaluation(place)
        }
    }

    /// One checkpoint, evaluated at each number of ranks: the same text, and the figures that training itself had logged.
    private func expectSameEvaluation(_ place: Workplace) throws {
        let checkpoint = place.checkpoint(run: "run-3", step: 20)
        let logged = try MetricsRows(place.path("run-3/metrics.csv")).last("test")
        var texts: Set<String> = []
        for ranks in 1...4 {
            let run = try place.lockstep(["evaluate", checkpoint, "--data", place.data], ranks: ranks)
            expectSuccess(run)
            #expect(run.lines.contains("test: 200/200 samples, each once"), "\(run.report)")
            #expect(run.lines.contains("loss \(logged.loss)"), "logged \(logged): \(run.report)")
            #expect(run.lines.contains { $0.hasPrefix("accuracy \(logged.accuracy) (") }, "logged \(logged): \(run.report)")
            texts.insert(run.standardOutput)
        }
        // Without mpirun, and with the data set that the run's own record names.
        let alone = try place.lockstep(["evaluate", checkpoint])
        expectSuccess(alone)
        texts.insert(alone.standardOutput)
        // Nor does it matter how many threads the environment would let BLAS have.
        let threaded = try place.lockstep(["evaluate", checkpoint], environment: ["OPENBLAS_NUM_THREADS": "2"])
        expectSuccess(threaded)
        texts.insert(threaded.standardOutput)
        #expect(texts.count == 1, "\(texts)")
    }

    /// Kernels are another way to the same numbers: the column matrix, which lays no weights out, is the oracle of a whole run.
    @Test(arguments: [nil, 3]) func kernelsDoNotMatter(ranks: Int?) throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "reference", ["--convolution", "im2col"]))
            expectSuccess(try place.train(run: "run", ranks: ranks, ["--convolution", "auto"]))
            let (expected, found) = (
                try MetricsRows(place.path("reference/metrics.csv")), try MetricsRows(place.path("run/metrics.csv"))
            )
            for split in ["step", "train", "test"] { expectSameRows(found, expected, split: split) }
            #expect(found.of("step").map(\.loss) != expected.of("step").map(\.loss), "both ran the same kernels")
        }
    }
}
