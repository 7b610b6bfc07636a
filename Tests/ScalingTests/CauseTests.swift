import Scaling
import Testing
import Timing

/// What was planted is named, and nothing is named where nothing was planted.
@Suite struct CauseTests {
    private func causes(
        _ works: [PlantedWork], mode: ScalingMode = .weak, hosts: [String]? = nil, links: [StepRecord.Link] = [],
        copies: [PlantedWork] = []
    ) -> [Cause] {
        var record = ScalingRecord(recipe: "lenet5", command: [], environment: .planted)
        let samples = mode == .strong ? 32 / works.count : 32
        record.points = [
            ScalingPoint(mode, ranks: 1, turns: [.planted([PlantedWork()])]),
            ScalingPoint(mode, ranks: works.count, turns: [.planted(works, hosts: hosts, samplesPerRank: samples, links: links)]),
        ]
        if !copies.isEmpty {
            record.copies = [
                IndependentCopies(mode, count: copies.count, turns: [copies.map { .planted([$0], samplesPerRank: samples) }])
            ]
        }
        return record.causes(mode)
    }

    @Test(arguments: 0..<4) func aSlowRank(rank: Int) throws {
        var works = Array(repeating: PlantedWork(), count: 4)
        works[rank].backward = 0.026
        let cause = try #require(causes(works, hosts: ["lab1", "lab2", "lab3", "lab4"]).first)
        #expect(cause.kind == .slowRank(rank: rank))
        // The others wait 6 ms of 37 ms for its 37 ms of own work, where they have 31 ms.
        let words = [
            "rank \(rank) on lab\(rank + 1) is slow", "100.0\u{A0}% of 10 steps", "19.4\u{A0}% more", "wait 16.2\u{A0}% of a step",
        ]
        for word in words { #expect(cause.sentence.contains(word), "\(cause.sentence)") }
    }

    @Test func aSlowLink() throws {
        let work = PlantedWork(transfer: 0.020)
        var links: [StepRecord.Link] = []
        for (from, to) in [("a", "b"), ("a", "c"), ("b", "c"), ("b", "a"), ("c", "a"), ("c", "b")] {
            links.append(.init(from: from, to: to, latency: 5e-5, bandwidth: from == "b" && to == "c" ? 1.25e7 : 1.25e8))
        }
        let cause = try #require(causes([work, work, work], hosts: ["a", "b", "c"], links: links).first)
        #expect(cause.kind == .transfer(links[2]))
        #expect(cause.sentence.contains("the link between b and c is slow: 0.1 Gbit/s"), "\(cause.sentence)")
        #expect(cause.sentence.contains("39.2\u{A0}% of a step is transfer"), "\(cause.sentence)")
    }

    /// A host whose links are all slow is named itself, though they are most of the links.
    @Test func aSlowHost() throws {
        var links: [StepRecord.Link] = []
        for from in ["a", "b", "c"] {
            for to in ["a", "b", "c"] where to != from {
                links.append(.init(from: from, to: to, latency: 5e-5, bandwidth: from == "b" || to == "b" ? 1.25e7 : 1.25e8))
            }
        }
        let work = PlantedWork(transfer: 0.020)
        let cause = try #require(causes([work, work, work], hosts: ["a", "b", "c"], links: links).first)
        #expect(
            cause.sentence.contains("the links of b are slow: 0.1 Gbit/s, 50 µs at the worst, others have 1 Gbit/s"),
            "\(cause.sentence)")
    }

    /// Links that are all alike have no culprit among them; the pair is told all the same.
    @Test func linksThatAreAllSlow() throws {
        let work = PlantedWork(transfer: 0.020)
        let links = [("a", "b"), ("b", "a")].map { StepRecord.Link(from: $0, to: $1, latency: 5e-5, bandwidth: 1.25e8) }
        let cause = try #require(causes([work, work], hosts: ["a", "b"], links: links).first)
        #expect(cause.sentence.contains("over a link of 1 Gbit/s, 50 µs between a and b."), "\(cause.sentence)")
    }

    @Test func slowData() throws {
        let work = PlantedWork(data: 0.010)
        #expect(try #require(causes([work, work]).first).kind == .data)
    }

    /// Ranks compute slower than one alone: by what the machine allows where copies do too, by themselves where copies do not.
    @Test func slowComputing() throws {
        let slow = PlantedWork(backward: 0.030)
        #expect(try #require(causes([slow, slow], copies: [slow, slow]).first).kind == .machine)
        #expect(try #require(causes([slow, slow], copies: [PlantedWork(), PlantedWork()]).first).kind == .compute)
        let unknown = try #require(causes([slow, slow]).first)
        #expect(unknown.kind == .compute && unknown.sentence.contains("nobody knows"))
    }

    /// Two ranks with half of the work each, in strong scaling: nothing stands out; with more than half, small batches may be the reason.
    @Test func strongScaling() throws {
        let half = PlantedWork(forward: 0.005, backward: 0.010, update: 0.0005)
        #expect(try #require(causes([half, half], mode: .strong).first).kind == .nothing)
        let more = PlantedWork(forward: 0.006, backward: 0.012, update: 0.0005)
        let cause = try #require(causes([more, more], mode: .strong, copies: [more, more]).first)
        #expect(cause.kind == .machine && cause.sentence.contains("20.0\u{A0}% longer") && cause.sentence.contains("small batches"))
    }

    /// An update that every rank does for all parameters takes the larger share of a step the more ranks there are.
    @Test func anUpdateThatIsNotDivided() throws {
        let work = PlantedWork(forward: 0.005, backward: 0.010, update: 0.002)
        let cause = try #require(causes([work, work], mode: .strong).first)
        // 1.5 ms of 17.
        #expect(cause.kind == .beside(.update) && cause.sentence.contains("8.8\u{A0}% of a step more"), "\(cause.sentence)")
    }

    @Test func nothingIsNamedWhereNothingIs() throws {
        let work = PlantedWork(transfer: 0.0005)
        let cause = try #require(causes([work, work, work]).first)
        #expect(cause.kind == .nothing && cause.sentence.contains("nothing stands out"))
    }

    /// Ranks in eight micro-batches beside a baseline in one: what small micro-batches cost one rank alone too is theirs, not the machine's.
    @Test func smallMicroBatches() throws {
        let (whole, cut) = (PlantedWork(), PlantedWork(forward: 0.013, backward: 0.026))
        func run(_ works: [PlantedWork], microBatches: Int) -> StepRecord {
            var run = StepRecord.planted(works)
            run.microBatches = microBatches
            return run
        }
        var record = ScalingRecord(recipe: "lenet5", command: [], environment: .planted)
        record.points = [
            ScalingPoint(.weak, ranks: 1, label: "8 micro-batches", turns: [run([cut], microBatches: 8)]),
            ScalingPoint(.weak, ranks: 1, label: "1 micro-batch", turns: [run([whole], microBatches: 1)]),
            ScalingPoint(.weak, ranks: 2, turns: [run([cut, cut], microBatches: 16)]),
        ]
        record.copies = [IndependentCopies(.weak, count: 2, turns: [[run([cut], microBatches: 8), run([cut], microBatches: 8)]])]
        let cause = try #require(record.causes(.weak).first)
        #expect(cause.kind == .microBatches && cause.sentence.contains("micro-batches of 4 samples"), "\(cause.sentence)")
        #expect(abs(cause.share - 0.009 / 0.040) < 1e-9)
    }
}
