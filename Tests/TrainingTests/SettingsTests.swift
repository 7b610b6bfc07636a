import Diagnostics
import Parallelism
import Testing

@testable import Training

/// The small values that a step is made of.
@Suite struct SettingsTests {
    @Test func stepScheduleIsAPureFunctionOfTheEpoch() {
        let schedule = Schedule.step(every: 30, factor: 0.1)
        for (epoch, factor) in [(0, 1), (29, 1), (30, 0.1), (59, 0.1), (60, 0.01), (90, 0.001)] {
            // Powers of 0.1 are rounded: a few ulp.
            #expect(abs(schedule.factor(epoch: epoch) - factor) <= 4 * factor.ulp, "epoch \(epoch)")
        }
        #expect([0, 1, 1_000_000].allSatisfy { Schedule.constant.factor(epoch: $0) == 1 })
        #expect(Schedule.step(every: 1, factor: 0.5).factor(epoch: 3) == 0.125)
    }

    @Test func schedulesThatCannotBe() {
        for schedule in [
            Schedule.step(every: 0, factor: 0.1), .step(every: -1, factor: 0.1), .step(every: 1, factor: 0),
            .step(every: 1, factor: -1), .step(every: 1, factor: .infinity), .step(every: 1, factor: .nan),
        ] { #expect(throws: Failure.self, "\(schedule)") { try schedule.validate() } }
    }

    @Test func optimisersThatCannotBe() throws {
        let changes: [(String, (inout Optimiser) -> Void)] = [
            ("rate", { $0.rate = -1e-9 }), ("rate", { $0.rate = .nan }), ("rate", { $0.rate = .infinity }),
            ("momentum", { $0.momentum = 1 }), ("momentum", { $0.momentum = -0.1 }), ("momentum", { $0.momentum = .nan }),
            ("weight-decay", { $0.weightDecay = -1 }), ("weight-decay", { $0.weightDecay = .infinity }),
            ("nesterov", { $0.nesterov = true }),
        ]
        for (name, change) in changes {
            var optimiser = Optimiser()
            try optimiser.validate()
            change(&optimiser)
            let failure = #expect(throws: Failure.self, "\(name)") { try optimiser.validate() }
            #expect(failure?.kind == .usage && failure?.description.hasPrefix("optimiser.\(name)") == true)
        }
        var nesterov = Optimiser()
        (nesterov.momentum, nesterov.nesterov) = (0.9, true)
        try nesterov.validate()
    }

    @Test func experimentsThatCannotBe() {
        let changes: [(inout Experiment) -> Void] = [
            { $0.epochs = 0 }, { $0.epochs = .max }, { $0.globalBatch = 0 }, { $0.globalBatch = .max }, { $0.globalBatch = -64 },
            { $0.microBatches = 0 },
            { $0.augmentation.crop = -1 }, { $0.augmentation.crop = .max },
        ]
        for change in changes {
            var experiment = Experiment(model: .named(.lenet5))
            change(&experiment)
            #expect(throws: Failure.self, "\(experiment)") { try experiment.validate() }
        }
    }

    /// The figures are known to all before any gradient moves, and each micro-batch's backward pass follows its own forward pass.
    @Test func replicatedProgram() {
        let program = StepProgram.replicated(microBatches: 2..<4, arenaCount: 96)
        #expect(
            program.operations == [
                .clear, .compute(microBatch: 2, .forward), .compute(microBatch: 2, .backward), .compute(microBatch: 3, .forward),
                .compute(microBatch: 3, .backward), .exchange(.figures), .exchange(.gradients(0..<96)), .update(0..<96),
            ])
        #expect(
            program.description == """
                clear
                forward micro-batch 2
                backward micro-batch 2
                forward micro-batch 3
                backward micro-batch 3
                exchange figures
                exchange gradients 0..<96
                update 0..<96
                """)
    }
}
