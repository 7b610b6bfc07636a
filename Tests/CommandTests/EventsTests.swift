import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import EventLog

/// The event files that a run leaves, read as TensorBoard does.
@Suite(.serialized, .timeLimit(.minutes(5))) struct EventsTests {
    /// Everything that a run's event files tell, in the order of their names; a START voids what is not earlier than its step.
    private struct Events {
        var values: [(step: Int, value: TensorBoardSummary.Value)] = []
        var fileCount = 0

        init(_ run: String) throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: run).filter { $0.hasPrefix("events.out.tfevents.") }
            fileCount = names.count
            for name in names.sorted() {
                for record in try RecordFile(path: "\(run)/\(name)").records {
                    let event = try TensorBoardEvent(serializedBytes: record.data)
                    if event.sessionLog.status == .start { values.removeAll { $0.step >= event.step } }
                    values += event.summary.value.map { (Int(event.step), $0) }
                }
            }
        }

        /// The points of a curve.
        func scalars(_ tag: String) -> [Int: [Float]] {
            Dictionary(grouping: values.filter { $0.value.tag == tag }, by: \.step).mapValues { $0.map(\.value.simpleValue) }
        }

        var tags: Set<String> { Set(values.map(\.value.tag)) }
        func steps(_ tag: String) -> [Int] { values.filter { $0.value.tag == tag }.map(\.step) }
    }

    /// Every number of metrics.csv once, as Float, and no other.
    private func expectSameNumbers(_ run: String, at location: SourceLocation = #_sourceLocation) throws {
        let events = try Events(run)
        var expected: [String: [Int: [Float]]] = [:]
        let lines = try String(contentsOfFile: "\(run)/metrics.csv", encoding: .utf8).split(separator: "\n")
        for line in lines.dropFirst() {
            let columns = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let step = try #require(Int(columns[1]))
            func float(_ column: Int) throws -> [Float] { [Float(try #require(Double(columns[column])))] }
            for (name, column) in [("loss", 4), ("accuracy", 5), ("seconds", 7), ("images_per_second", 8)] {
                expected["\(name)/\(columns[2])", default: [:]][step] = try float(column)
            }
            for (name, column) in [("loss_variance", 9), ("gradient_norm", 10)] where !columns[column].isEmpty {
                expected["\(name)/\(columns[2])", default: [:]][step] = try float(column)
            }
            expected["learning_rate", default: [:]][step] = try float(6)
            expected["epoch", default: [:]][step] = try float(0)
        }
        #expect(expected.count > 10, sourceLocation: location)
        #expect(expected["loss_variance/train"]?.isEmpty == false, sourceLocation: location)
        for (tag, points) in expected { #expect(events.scalars(tag) == points, "\(tag)", sourceLocation: location) }
        let scalars = Set(events.values.filter { if case .simpleValue = $0.value.value { true } else { false } }.map(\.value.tag))
        #expect(scalars == Set(expected.keys), sourceLocation: location)
    }

    @Test(arguments: [nil, 2]) func everyNumberOnce(ranks: Int?) throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", ranks: ranks, ["--validation", "100"]))
            try expectSameNumbers(place.path("run"))
            let events = try Events(place.path("run"))
            // Rank 0 alone writes.
            #expect(events.fileCount == 1)
            #expect(events.steps("filters/convolution1") == [try MetricsRows(place.path("run/metrics.csv")).last("test").step])
            #expect(!events.tags.contains { $0.hasPrefix("parameters/") || $0.hasPrefix("gradients/") })
        }
    }

    /// Going on from an earlier checkpoint than the newest: no gap, and no step twice.
    @Test func aRunThatGoesOn() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run"))
            let resumed = [
                "train", "--resume", place.checkpoint(run: "run", step: 10), "--learning-rate", "0.01", "--max-steps", "20",
            ]
            expectSuccess(try place.lockstep(resumed, ranks: 2))
            try expectSameNumbers(place.path("run"))
            let events = try Events(place.path("run"))
            #expect(events.fileCount == 2)
            #expect(events.scalars("loss/step").keys.sorted() == Array(1...20))
            #expect(events.scalars("learning_rate")[10] == [0.02] && events.scalars("learning_rate")[11] == [0.01])
        }
    }

    /// After every second epoch, of all that is trained; gradients only where rank 0 has them whole.
    @Test(arguments: ["replicated", "sharded", "hybrid"]) func histograms(parallelism: String) throws {
        try Workplace.with { place in
            let more = ["--parallelism", parallelism, "--histograms-every", "2", "--epochs", "5"]
            expectSuccess(try place.train(run: "run", maxSteps: 50, ranks: 2, more))
            let events = try Events(place.path("run"))
            #expect(events.steps("filters/convolution1") == [20, 40, 50])
            let histograms = events.values.filter { $0.value.metadata.pluginData.pluginName == "histograms" }
            let groups = parallelism == "replicated" ? ["parameters", "gradients"] : ["parameters"]
            // LeNet-5's five layers with weight and bias.
            #expect(histograms.count == groups.count * 2 * 10 && Set(histograms.map(\.step)) == [20, 40])
            for (group, layer, count) in groups.flatMap({ [($0, "linear1.weight", 48_000), ($0, "convolution1.bias", 6)] }) {
                #expect(events.steps("\(group)/\(layer)") == [20, 40])
                let value = try #require(events.values.last { $0.value.tag == "\(group)/\(layer)" }).value
                let numbers = value.tensor.tensorContent.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
                try #require(numbers.count == 30 * 3 && value.tensor.tensorShape.dim.map(\.size) == [30, 3])
                #expect(stride(from: 2, to: 90, by: 3).reduce(0) { $0 + numbers[$1] } == Double(count), "\(group)/\(layer)")
                // Mean gradients are small, summed ones over 64 samples would not be.
                #expect(numbers.enumerated().allSatisfy { $0 % 3 == 2 || abs($1) < 1 }, "\(group)/\(layer)")
            }
        }
    }

    /// What TensorBoard's table of runs is made of.
    @Test func hyperParameters() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 2, ranks: 2))
            let events = try Events(place.path("run"))
            func content(_ tag: String) throws -> HParamsHParamsPluginData {
                let value = try #require(events.values.last { $0.value.tag == "_hparams_/\(tag)" }).value
                #expect(value.metadata.pluginData.pluginName == "hparams")
                return try HParamsHParamsPluginData(serializedBytes: value.metadata.pluginData.content)
            }
            let settings = try content("session_start_info").sessionStartInfo.hparams
            #expect(settings["optimiser.rate"]?.numberValue == 0.02 && settings["optimiser.momentum"]?.numberValue == 0.9)
            #expect(settings["model.name"]?.stringValue == "lenet5" && settings["augmentation.flip"]?.boolValue == true)
            #expect(settings["ranks"]?.numberValue == 2 && settings["parallelism"]?.stringValue == "replicated")
            let experiment = try content("experiment").experiment
            #expect(experiment.hparamInfos.map(\.name) == settings.keys.sorted())
            let tags = events.tags
            #expect(experiment.metricInfos.count == 5 && experiment.metricInfos.allSatisfy { tags.contains($0.name.tag) })
            #expect(try content("session_end_info").sessionEndInfo.status == .success)
        }
    }

    /// A run that ends badly says so, and keeps its points.
    @Test func aRunThatFails() throws {
        try Workplace.with { place in
            let run = try place.train(run: "run", ["--learning-rate", "1e30"])
            #expect(run.exitCode == 76, "\(run.report)")
            let events = try Events(place.path("run"))
            let end = try #require(events.values.last { $0.value.tag == "_hparams_/session_end_info" }).value
            let content = try HParamsHParamsPluginData(serializedBytes: end.metadata.pluginData.content)
            #expect(content.sessionEndInfo.status == .failure)
        }
    }
}
