import Checkpoints
import Foundation
import TestSupport
import Testing

/// The ways of keeping in step come to the same: to rounding where sums have other orders, to the bit where the order is fixed. With
/// BatchNorm, dropout, augmentation, odd sizes and a short last batch.
@Suite(.serialized, .timeLimit(.minutes(10))) struct StrategyTests {
    /// Eight micro-batches of seven or eight; the last batch of an epoch, of 24 samples, has three in each. The rate is low: BatchNorm over
    /// few samples makes training chaotic.
    private static let recipe = """
        experiment:
          model:
            input: [32, 32, 3]
            classes: 10
            layers:
              - convolution: {channels: 7, kernel: 5, stride: 2, bias: false}
              - batch-norm
              - relu
              - convolution: {channels: 19, kernel: 3, stride: 2}
              - batch-norm
              - relu
              - flatten
              - dropout: {rate: 0.3}
              - linear: {outputs: 33}
              - relu
              - linear: {outputs: 10}
          global-batch: 63
          micro-batches: 8
          seed: 5
          augmentation: {flip: true, crop: 4}
          optimiser: {rate: 0.002, momentum: 0.9, weight-decay: 0.001, decays: weights}
        """
    private static let reproducible = ["--reproducible", "--bucket-size", "9000"]

    private func train(_ place: Workplace, _ run: String, ranks: Int?, _ more: [String], steps: Int = 20) throws {
        let recipe = try place.write(Self.recipe, "recipe.yaml")
        let arguments = [recipe, "--data", place.data, "--run", place.path(run), "--max-steps", "\(steps)", "--log-every", "1"]
        expectSuccess(try place.lockstep(["train"] + arguments + more, ranks: ranks, timeLimit: 120))
    }

    @Test func everyWayTakesTheSameSteps() throws {
        try Workplace.with(training: 591) { place in
            try train(place, "alone", ranks: nil, [])
            let expected = try MetricsRows(place.path("alone/metrics.csv"))
            #expect(expected.of("step").map(\.samples).suffix(12).prefix(3) == [63, 24, 63])
            let ways: [(String, [String])] = [
                ("mpi", ["--exchange", "mpi"]), ("overlapped", ["--bucket-size", "5000"]), ("at-the-end", ["--no-overlap"]),
                ("sharded", ["--parallelism", "sharded", "--bucket-size", "7000"]),
                ("one-bucket", ["--parallelism", "sharded"]), ("reproducible", Self.reproducible),
            ]
            for (name, flags) in ways {
                for ranks in 2...4 {
                    try train(place, "\(name)-\(ranks)", ranks: ranks, flags)
                    let found = try MetricsRows(place.path("\(name)-\(ranks)/metrics.csv"))
                    for split in ["step", "train", "test"] { expectSameRows(found, expected, split: split) }
                }
            }
        }
    }

    @Test func sameBitsAtAnyRankCount() throws {
        try Workplace.with(training: 591) { place in
            let runs: [(ranks: Int?, flags: [String])] = [
                (nil, []), (2, []), (3, ["--no-overlap"]), (4, ["--parallelism", "sharded"]),
                (2, ["--parallelism", "sharded", "--bucket-size", "10000000"]),
                (8, []),
            ]
            var (digests, losses): (Set<Data>, Set<[String]>) = ([], [])
            for (number, run) in runs.enumerated() {
                try train(place, "run-\(number)", ranks: run.ranks, Self.reproducible + run.flags)
                digests.insert(try place.bytes(place.checkpoint(run: "run-\(number)", step: 20)))
                losses.insert(try MetricsRows(place.path("run-\(number)/metrics.csv")).rows.map(\.loss))
            }
            #expect(digests.count == 1 && losses.count == 1)
            // Stopped at three ranks where each keeps a part of the optimiser's state, and gone on at two where each keeps all.
            try train(place, "resumed", ranks: 3, Self.reproducible + ["--parallelism", "sharded"], steps: 13)
            expectSuccess(
                try place.resume(run: "resumed", ranks: 2, ["--parallelism", "replicated", "--log-every", "1"]))
            digests.insert(try place.bytes(place.checkpoint(run: "resumed", step: 20)))
            #expect(digests.count == 1)
        }
    }

    /// The last batch of an epoch has two samples, one in each of two micro-batches: six have none, and at four ranks two ranks.
    @Test func ranksWithoutSamples() throws {
        try Workplace.with(training: 569) { place in
            try train(place, "alone", ranks: nil, [], steps: 12)
            let expected = try MetricsRows(place.path("alone/metrics.csv"))
            #expect(expected.of("step").map(\.samples).suffix(4) == [63, 2, 63, 63])
            for (name, flags) in [
                ("replicated", ["--bucket-size", "5000"]), ("sharded", ["--parallelism", "sharded", "--bucket-size", "7000"]),
            ] {
                for ranks in [3, 4] {
                    try train(place, "\(name)-\(ranks)", ranks: ranks, flags, steps: 12)
                    let found = try MetricsRows(place.path("\(name)-\(ranks)/metrics.csv"))
                    for split in ["step", "train", "test"] { expectSameRows(found, expected, split: split) }
                }
            }
            var digests: Set<Data> = []
            for (number, (ranks, flags)) in [(nil, []), (3, ["--parallelism", "sharded"]), (4, []), (8, [])].enumerated() {
                try train(place, "bits-\(number)", ranks: ranks, Self.reproducible + flags, steps: 12)
                digests.insert(try place.bytes(place.checkpoint(run: "bits-\(number)", step: 12)))
            }
            #expect(digests.count == 1)
        }
    }

    /// A model of one cache line, which one rank updates alone while the others update nothing: what is shared out is gathered by all.
    @Test func oneRankOwnsEverything() throws {
        try Workplace.with(training: 5, test: 1) { place in
            try place.writeImagesOfOnePixel(to: "mnist", count: 60)
            let recipe = try place.write(
                "experiment: {model: {name: line, input: [1, 1, 1], classes: 10, layers: [{convolution: {channels: 10, kernel: 1, "
                    + "bias: false}}, flatten]}, global-batch: 20, optimiser: {rate: 0.1, momentum: 0.9}}", "line.yaml")
            for (name, ranks, flags) in [
                ("alone", nil, []), ("two", 2, ["--parallelism", "sharded"]), ("three", 3, ["--parallelism", "sharded"]),
            ] {
                let arguments = ["train", recipe, "--data", place.path("mnist"), "--run", place.path(name), "--max-steps", "6"]
                expectSuccess(
                    try place.lockstep(arguments + ["--check-every", "1"] + flags, ranks: ranks, timeLimit: 20))
                try expectSameTensors(
                    place.checkpoint(run: name, step: 6), place.checkpoint(run: "alone", step: 6), count: 2)
            }
        }
    }

    /// Rounded at every edge of the tree: free of the rank count all the same, and not what fp32 gives.
    @Test func roundedOnTheWire() throws {
        try Workplace.with(training: 591) { place in
            var digests: [Set<Data>] = []
            for wire in ["bf16", "fp16", "fp32"] {
                var own: Set<Data> = []
                for ranks in [1, 3] {
                    try train(place, "\(wire)-\(ranks)", ranks: ranks, Self.reproducible + ["--wire", wire], steps: 6)
                    own.insert(try parameters(place.checkpoint(run: "\(wire)-\(ranks)", step: 6)))
                }
                #expect(own.count == 1, "\(wire)")
                digests.append(own)
            }
            #expect(Set(digests.flatMap { $0 }).count == 3)
        }
    }

    /// The values of all tensors, without the experiment that stands beside them.
    private func parameters(_ path: String) throws -> Data {
        let file = try CheckpointFile(path: path)
        return try file.tensors.reduce(into: Data()) { data, tensor in
            try file.withValues(of: tensor.name, shape: tensor.shape) { data.append(Data(buffer: $0)) }
        }
    }
}

extension Workplace {
    /// MNIST's four files, with images of one pixel.
    fileprivate func writeImagesOfOnePixel(to name: String, count: Int) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: false)
        func write(_ file: String, header: [Int], _ value: (Int) -> Int) throws {
            let words = header.flatMap { word -> [UInt8] in [0, 0, UInt8(word >> 8), UInt8(word & 255)] }
            let bytes = Data(words) + Data((0..<count).map { UInt8(value($0) & 255) })
            try bytes.write(to: URL(fileURLWithPath: path("\(name)/\(file)")))
        }
        for split in ["train", "t10k"] {
            try write("\(split)-images-idx3-ubyte", header: [0x803, count, 1, 1]) { $0 * 37 }
            try write("\(split)-labels-idx1-ubyte", header: [0x801, count]) { $0 % 10 }
        }
    }
}
