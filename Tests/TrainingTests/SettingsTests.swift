import Datasets
import Diagnostics
import Networks
import Testing

@testable import Training

/// The small values that a step is made of.
@Suite struct SettingsTests {
    @Test func optimisersThatCannotBe() throws {
        let changes: [(String, (inout Optimiser) -> Void)] = [
            ("rate", { $0.rate = -1e-9 }), ("rate", { $0.rate = .nan }), ("rate", { $0.rate = .infinity }),
            ("momentum", { $0.momentum = 1 }), ("momentum", { $0.momentum = -0.1 }), ("momentum", { $0.momentum = .nan }),
            ("weight-decay", { $0.weightDecay = -1 }), ("weight-decay", { $0.weightDecay = .infinity }),
            ("nesterov", { $0.nesterov = true }),
            ("momentum-ramp.over", { $0.momentumRamp = .init(over: 0) }),
            ("momentum-ramp.after", { $0.momentumRamp = .init(after: -1, over: 1) }),
            ("momentum-ramp.end", { $0.momentumRamp = .init(over: 1, end: 1) }),
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

    /// On for two epochs, and then in three evenly down to nothing, or up.
    @Test func momentumRamps() throws {
        var optimiser = Optimiser()
        optimiser.momentum = 0.75
        optimiser.momentumRamp = .init(after: 2, over: 3)
        try optimiser.validate()
        #expect((0..<7).map(optimiser.momentum(inEpoch:)) == [0.75, 0.75, 0.5, 0.25, 0, 0, 0])
        optimiser.momentumRamp = .init(over: 2, end: 0.25)
        #expect((0..<4).map(optimiser.momentum(inEpoch:)) == [0.5, 0.25, 0.25, 0.25])
        optimiser.momentumUntil = 3
        #expect(throws: Failure.self) { try optimiser.validate() }
        optimiser.momentumRamp = nil
        #expect((0..<5).map(optimiser.momentum(inEpoch:)) == [0.75, 0.75, 0.75, 0, 0])
    }

    /// A velocity is kept where momentum comes later only.
    @Test func momentumThatBeginsAtNothing() {
        var optimiser = Optimiser()
        #expect(!optimiser.usesMomentum)
        optimiser.momentumRamp = .init(over: 2, end: 0.5)
        #expect(optimiser.usesMomentum && (0..<3).map(optimiser.momentum(inEpoch:)) == [0.25, 0.5, 0.5])
    }

    @Test func experimentsThatCannotBe() {
        let changes: [(inout Experiment) -> Void] = [
            { $0.epochs = 0 }, { $0.epochs = .max }, { $0.globalBatch = 0 }, { $0.globalBatch = .max }, { $0.globalBatch = -64 },
            { $0.microBatches = 0 },
            { $0.augmentation.crop = -1 }, { $0.augmentation.crop = .max },
        ]
        for change in changes {
            var experiment = Experiment(model: .named(.init(.lenet5)))
            change(&experiment)
            #expect(throws: Failure.self, "\(experiment)") { try experiment.validate() }
        }
    }

    /// Micro-batches differ in nothing but the order of additions, unless BatchNorm takes each one's statistics.
    @Test func microBatchesThatAreComputedTogether() throws {
        func groups(_ name: BuiltInModel.Name, globalBatch: Int, sync: Bool = false) throws -> [Range<Int>] {
            let builtIn = BuiltInModel(name)
            var experiment = Experiment(model: .described(builtIn.model(input: builtIn.usualInput, classes: 10)))
            (experiment.globalBatch, experiment.syncBatchNorm) = (globalBatch, sync)
            let partition = try BatchPartition(globalBatch: globalBatch, microBatches: 8, ranks: 2, samples: 10_000)
            let work = try RankWork(experiment, partition: partition, rank: 1)
            #expect(work.options.capacity >= (work.groups.map(\.count).max() ?? 0) * globalBatch / 8)
            // Evaluation's chunks are micro-batches: small ones are not worth laying weights out for.
            #expect(work.options.preparesForEachPass == (work.groups.count == 1 && globalBatch >= 512))
            #expect(work.options.evaluationCapacity == max(16, globalBatch / 8))
            return work.groups
        }
        #expect(try groups(.lenet5, globalBatch: 64) == [4..<8])
        #expect(try groups(.lenet5, globalBatch: 1_024) == [4..<6, 6..<8])
        #expect(try groups(.lenet5, globalBatch: 8_000) == [4..<5, 5..<6, 6..<7, 7..<8])
        #expect(try groups(.resnet8, globalBatch: 64) == [4..<5, 5..<6, 6..<7, 7..<8])
        #expect(try groups(.resnet8, globalBatch: 64, sync: true) == [4..<8])
        #expect(try groups(.resnet8, globalBatch: 1_024, sync: true) == [4..<8])
    }

    @Test func lossesThatCannotBe() throws {
        for smoothing in [-0.1, 1, .nan, .infinity] {
            let failure = #expect(throws: Failure.self) { try Loss.softmax(labelSmoothing: smoothing).validate() }
            #expect(failure?.description == "loss.softmax.label-smoothing: found \(smoothing), expected 0 ≤ smoothing < 1")
        }
        for loss in [Loss.softmax(labelSmoothing: 0), .softmax(labelSmoothing: 0.99), .euclidean] { try loss.validate() }
    }
}
