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
        for rank in 0..<ranks {
            let mine = events.filter { $0.pid == rank }
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
        }
    }

    /// Clocks are one: a sum over both ranks ends on neither before both have given their parts.
    @Test func clocksAreAligned() throws {
        let events = try events(ranks: 2, steps: 20, trace: "20")
        func sums(_ rank: Int, _ time: (Event) -> Double?) -> [Double] {
            events.filter { $0.pid == rank && $0.name == "exchange figures" }.compactMap(time)
        }
        for (rank, other) in [(0, 1), (1, 0)] {
            for (end, start) in zip(sums(rank) { ($0.ts ?? 0) + ($0.dur ?? 0) }, sums(other) { $0.ts }) {
                #expect(end > start - 100, "µs")
            }
        }
    }

    /// A run that ends before the timeline is full has what there was.
    @Test func fewerStepsThanWereAskedFor() throws {
        let events = try events(ranks: 1, steps: 3)
        #expect(Set(events.compactMap { $0.args?["step"] }) == ["0", "1", "2"])
    }
}
