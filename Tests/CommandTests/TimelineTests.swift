import Foundation
import TestSupport
import Testing

/// `lockstep train --trace`: what Perfetto reads, and what can be seen in it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TimelineTests {
    /// An event as Chrome's trace format has it.
    private struct Event: Decodable {
        let name: String
        let ph: String
        let pid: Int
        let tid: Int
        let ts: Double?
        let dur: Double?
        let id: String?
        let args: [String: String]?
        let cat: String?

        /// What the format asks of each kind of event: M names something by its arguments; X has a beginning and a length; b and e, which
        /// Perfetto gives rows of their own below the rank, have a time and are matched by category, name and id.
        var hasItsFields: Bool {
            switch ph {
            case "M": args?["name"] != nil || args?["sort_index"] != nil
            case "X": ts ?? -1 >= 0 && dur ?? -1 >= 0 && args?["step"] != nil && !name.isEmpty
            case "b", "e": ts ?? -1 >= 0 && cat?.isEmpty == false && id?.isEmpty == false && args?["step"] != nil && !name.isEmpty
            default: false
            }
        }
    }

    private func events(ranks: Int, steps: Int, trace: String...) throws -> [Event] {
        try Workplace.with { place in
            let more = ["--bucket-size", "65536", "--epochs", "100", "--log-every", "0", "--trace"]
            expectSuccess(try place.train(run: "run", maxSteps: steps, ranks: ranks, more + trace))
            let trace = URL(fileURLWithPath: place.path("run/trace.json"))
            return try JSONDecoder().decode([Event].self, from: Data(contentsOf: trace))
        }
    }

    /// Each rank has every operation of every traced step once, one behind the other; each bucket starts and finishes once a step.
    @Test func twoHundredSteps() throws {
        let (ranks, steps) = (2, 200)
        let events = try events(ranks: ranks, steps: steps + 2, trace: "\(steps)")
        #expect(Set(events.map(\.ph)) == ["M", "X", "b", "e"] && Set(events.map(\.pid)) == [0, 1])
        for event in events { #expect(event.hasItsFields, "\(event)") }
        for rank in 0..<ranks {
            let mine = events.filter { $0.pid == rank }
            let names = mine.filter { $0.ph == "M" }
            #expect(names.map(\.name) == ["process_name", "process_sort_index", "thread_name"])
            #expect(names.first?.args?["name"]?.hasPrefix("rank \(rank) on ") == true)
            let spans = mine.filter { $0.ph == "X" }
            #expect(spans.allSatisfy { $0.tid == 0 && $0.ts != nil && $0.dur ?? -1 >= 0 })
            for (before, after) in zip(spans, spans.dropFirst()) {
                #expect((before.ts ?? 0) + (before.dur ?? 0) <= (after.ts ?? 0), "\(before.name), then \(after.name)")
            }
            let first = spans.filter { $0.args?["step"] == "0" }.map(\.name)
            #expect(first.first == "load" && first.contains("exchange figures"))
            for step in 1..<steps { #expect(spans.filter { $0.args?["step"] == "\(step)" }.map(\.name) == first) }
            let (starts, ends) = (mine.filter { $0.ph == "b" }, mine.filter { $0.ph == "e" })
            #expect(starts.count == ends.count && starts.count > 2 * steps && Set(starts.compactMap(\.id)).count == starts.count)
            let started = Dictionary(uniqueKeysWithValues: starts.map { ($0.id, $0.ts ?? .infinity) })
            #expect(ends.allSatisfy { started[$0.id, default: .infinity] <= $0.ts ?? 0 })
            let nameOfStart = Dictionary(uniqueKeysWithValues: starts.map { ($0.id, $0.name) })
            #expect(ends.allSatisfy { nameOfStart[$0.id] == $0.name })
            #expect(Set(starts.compactMap { $0.args?["step"] }).count == steps)
        }
    }

    /// Where parameters travel too, also over an epoch's end, where the optimiser's state is gathered.
    @Test func shardedOverTheEndOfAnEpoch() throws {
        let events = try events(ranks: 2, steps: 14, trace: "14", "--parallelism", "sharded")
        let starts = events.filter { $0.ph == "b" }
        #expect(Set(starts.map { $0.name.prefix { $0 != " " } }) == ["shared-out", "all-gather"])
        #expect(Set(starts.compactMap(\.id)).count == starts.count)
        #expect(Set(starts.compactMap(\.id)) == Set(events.filter { $0.ph == "e" }.compactMap(\.id)))
    }

    /// The article's six steps, of two ranks and scheme b: each rank's activations to all, forward and backward through the divided layers,
    /// and the gradients of the activations back, while the next rank's pass is computed.
    @Test func sixStepsOfSchemeB() throws {
        let events = try events(ranks: 2, steps: 3, trace: "3", "--parallelism", "hybrid", "--scheme", "b")
        let names = events.filter { $0.pid == 1 && $0.ph == "X" && $0.args?["step"] == "1" }.map(\.name)
        let expected = [
            "start activations of pass 0", "finish activations of pass 0", "start activations of pass 1",
            "forward linear layer 0, pass 0", "backward linear layer 0, pass 0", "start return of pass 0",
            "finish activations of pass 1", "forward linear layer 0, pass 1", "backward linear layer 0, pass 1",
            "finish return of pass 0", "start return of pass 1", "finish return of pass 1",
        ]
        #expect(names.filter(expected.contains) == expected)
    }

    /// What cannot be written costs no step.
    @Test func aFolderInTheWay() throws {
        try Workplace.with { place in
            let trace = place.path("run/trace.json")
            try FileManager.default.createDirectory(atPath: trace, withIntermediateDirectories: true)
            let run = try place.train(run: "run", maxSteps: 12, ranks: 2, ["--trace", "2"])
            expectSuccess(run)
            #expect(run.standardError.contains("\(trace): the timeline could not be written"), "\(run.report)")
            #expect(FileManager.default.fileExists(atPath: place.checkpoint(run: "run", step: 12)))
        }
    }

    /// Another run's flags are not this one's, and what a run has written stays.
    @Test func resuming() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 4, ranks: 1, ["--trace", "4"]))
            let trace = place.path("run/trace.json")
            let before = try place.bytes(trace)
            expectSuccess(try place.resume(run: "run", maxSteps: 6, ranks: 1))
            expectSuccess(try place.resume(run: "run", maxSteps: 8, ranks: 1, ["--trace", "1"]))
            #expect(try place.bytes(trace) == before)
            let traces = try FileManager.default.contentsOfDirectory(atPath: place.path("run")).filter { $0.hasPrefix("trace") }
            #expect(Set(traces) == ["trace.json", "trace-from-step-6.json"])
        }
        expectFailure(try Workplace.with { try $0.train(run: "run", ranks: 1, ["--trace", "2000000000"]) }, code: 64, "--trace")
    }

    /// A run that ends before the timeline is full has what there was.
    @Test func fewerStepsThanWereAskedFor() throws {
        let events = try events(ranks: 1, steps: 3)
        #expect(Set(events.compactMap { $0.args?["step"] }) == ["0", "1", "2"])
    }
}
