import Kernels
import MPI
import Parallelism

func exchangeCases() -> [Case] {
    WireType.allCases.map { wire in
        Case(name: "exchange-sums-by-the-tree-\(wire)") { world, findings in try sumsByTheTree(wire, world, &findings) }
    } + [
        Case(name: "exchange-one-term-a-rank", body: oneTermARank),
        Case(name: "exchange-same-bits-at-any-rank-count", body: sameBits),
        Case(name: "exchange-many-steps-in-any-order", body: manySteps),
        Case(name: "exchange-scatter-and-gather", body: scatterAndGather),
        Case(name: "exchange-wire-error", body: wireError),
        Case(name: "exchange-bytes", body: bytes),
        Case(name: "exchange-finish-meanwhile", body: finishMeanwhile),
        Case(name: "exchange-allocates-nothing", body: allocatesNothing),
    ]
}

/// Nodes of one, two and three ranks, and all ranks on one.
private func nodeSizes(_ world: Communicator) -> [Int] { Array(Set([1, 2, 3, world.size])).sorted() }

private func sumsByTheTree(_ wire: WireType, _ world: Communicator, _ findings: inout Findings) throws {
    for ranksPerNode in nodeSizes(world) {
        for terms in [world.size, world.size + 1, 7, 8, 13] where terms >= world.size {
            let fixture = try ExchangeFixture(world, ranksPerNode: ranksPerNode, terms: terms, wire: wire)
            fixture.fill(step: 0)
            // All are under way at once.
            for bucket in fixture.exchange.buckets.indices { try fixture.exchange.start(bucket) }
            for bucket in fixture.exchange.buckets.indices { try fixture.exchange.finish(bucket) }
            for bucket in fixture.exchange.buckets.indices {
                findings.expectEqual(
                    fixture.found(bucket).map(\.bitPattern), fixture.expected(bucket, step: 0).map(\.bitPattern),
                    "\(terms) terms, nodes of \(ranksPerNode), \(fixture.exchange.buckets[bucket])")
            }
            try fixture.exchange.free()
        }
    }
}

/// The public way: real nodes, one term for each rank.
private func oneTermARank(_ world: Communicator, _ findings: inout Findings) throws {
    let count = 10_007
    let exchange = try GradientExchange(world: world, floats: count, buckets: [ExchangeBucket(0..<count)])
    findings.expectEqual(exchange.slots.count, 1, "slots")
    for index in 0..<count { exchange.slots[0][index] = Float(world.rank * count + index) }
    try exchange.start(0)
    try exchange.finish(0)
    // Sums of few integers below 2²⁴: exact in any order.
    let ranks = world.size
    let expected = (0..<count).map { Float(ranks * $0 + count * ranks * (ranks - 1) / 2) }
    findings.expectEqual(Array(exchange.slots[0]), expected, "sums")
    findings.expect(try exchange.progress(), "something is under way")
    try exchange.free()
}

/// The first ranks alone, as a smaller world, come to the same bits.
private func sameBits(_ world: Communicator, _ findings: inout Findings) throws {
    var results: [[[UInt32]]] = []
    for size in 1...world.size {
        let part = try world.split(color: world.rank < size ? 0 : 1, key: world.rank)
        if world.rank < size {
            let fixture = try ExchangeFixture(part, ranksPerNode: 2, terms: 8, wire: .bf16)
            fixture.fill(step: 4)
            let buckets = fixture.exchange.buckets.indices
            for bucket in buckets {
                try fixture.exchange.start(bucket)
                try fixture.exchange.finish(bucket)
            }
            results.append(buckets.map { fixture.found($0).map(\.bitPattern) })
            try fixture.exchange.free()
        }
        try part.free()
    }
    for result in results { findings.expect(result == results[0], "bits differ between numbers of ranks") }
}

/// The same buckets over and over with new values: nothing is left of the step before, and no rank runs ahead. Ranks start and finish in
/// orders of their own, and poll.
private func manySteps(_ world: Communicator, _ findings: inout Findings) throws {
    for ranksPerNode in nodeSizes(world) {
        let fixture = try ExchangeFixture(world, ranksPerNode: ranksPerNode, terms: 9, lengths: [1, 17, 64, 1_500])
        let count = fixture.exchange.buckets.count
        for step in 0..<25 {
            fixture.fill(step: step)
            for turn in 0..<count {
                try fixture.exchange.start((turn + world.rank + step) % count)
                _ = try fixture.exchange.progress()
            }
            if step.isMultiple(of: 3) { try waitUntil { try fixture.exchange.progress() } }
            for turn in 0..<count { try fixture.exchange.finish((turn + 2 * world.rank) % count) }
            for bucket in 0..<count {
                findings.expectEqual(
                    fixture.found(bucket), fixture.expected(bucket, step: step), "step \(step), bucket \(bucket)")
            }
        }
        try fixture.exchange.free()
    }
}

/// Owners have their parts of the sum, all parts together are the bucket, and what they make of them comes to every rank.
private func scatterAndGather(_ world: Communicator, _ findings: inout Findings) throws {
    for ranksPerNode in nodeSizes(world) {
        let fixture = try ExchangeFixture(world, ranksPerNode: ranksPerNode, terms: 6)
        let exchange = fixture.exchange
        for step in 0..<4 {
            fixture.fill(step: step)
            for bucket in exchange.buckets.indices { try exchange.start(bucket, .reduceScatter) }
            for bucket in exchange.buckets.indices { try exchange.finish(bucket) }
            for (bucket, description) in exchange.buckets.enumerated() {
                let (own, start) = (exchange.ownedRange(of: bucket), description.range.lowerBound)
                let sum = fixture.expected(bucket, step: step)
                findings.expectEqual(Array(exchange.slots[0][own]), own.map { sum[$0 - start] }, "part \(own) of \(description)")
                let counts = try world.allGather(own.count)
                findings.expectEqual(counts.reduce(0, +), description.range.count, "owned floats of \(description)")
                for index in own { exchange.slots[0][index] *= 2 }
                try exchange.start(bucket, .allGather)
            }
            for (bucket, description) in exchange.buckets.enumerated() {
                try exchange.finish(bucket)
                findings.expectEqual(
                    fixture.found(bucket), fixture.expected(bucket, step: step).map { $0 * 2 }, "gathered \(description)")
            }
            // Forms take turns on the same buckets.
            fixture.fill(step: step + 100)
            for bucket in exchange.buckets.indices {
                try exchange.start(bucket)
                try exchange.finish(bucket)
                findings.expectEqual(fixture.found(bucket), fixture.expected(bucket, step: step + 100), "the whole sum")
            }
        }
        try exchange.free()
    }
}

/// Rounded at each edge, a term passes at most log₂ + 1 roundings up on its way to the root, each relative to a partial sum of magnitudes.
/// Values below fp16's smallest normal number have an absolute error instead.
private func wireError(_ world: Communicator, _ findings: inout Findings) throws {
    for wire in WireType.allCases {
        let fixture = try ExchangeFixture(world, ranksPerNode: 1, terms: 13, wire: wire)
        fixture.fill(step: 1)
        for (bucket, description) in fixture.exchange.buckets.enumerated() {
            try fixture.exchange.start(bucket)
            try fixture.exchange.finish(bucket)
            for (value, index) in zip(fixture.found(bucket), description.range) {
                let terms = (0..<13).map { Double(ExchangeFixture.value(term: $0, index: index, step: 1)) }
                let magnitude = terms.map(abs).reduce(0, +)
                // Five roundings to the wire type and four to fp32, and 1 + ε to their product's power.
                let tolerance = 1.1 * magnitude * (5 * wire.unitRoundoff + 4 * 0x1p-24) + 25 * 0x1p-25
                let error = abs(Double(value) - terms.reduce(0, +))
                findings.expect(error <= tolerance, "\(wire), index \(index): error \(error) above \(tolerance)")
            }
        }
        try fixture.exchange.free()
    }
}

/// With one partial sum a node, what leaves all nodes together is 2 (n − 1) times the bucket.
private func bytes(_ world: Communicator, _ findings: inout Findings) throws {
    // Whole cache lines for each part, at any number of parts up to four.
    let count = 16 * 12
    for ranksPerNode in nodeSizes(world) where world.size.isMultiple(of: ranksPerNode) {
        let nodes = world.size / ranksPerNode
        for wire in WireType.allCases {
            let exchange = try GradientExchange(
                world: world, ranksPerNode: ranksPerNode, floats: count, buckets: [ExchangeBucket(0..<count, wire: wire)])
            let sent = try world.allReduce(exchange.messageBytes(of: 0), .sum)
            findings.expectEqual(sent, 2 * (nodes - 1) * count * wire.bytesPerValue, "bytes of \(nodes) nodes")
            let halves = exchange.messageBytes(of: 0, .reduceScatter) + exchange.messageBytes(of: 0, .allGather)
            findings.expectEqual(halves, exchange.messageBytes(of: 0), "bytes of the two halves")
            try exchange.free()
        }
    }
}

/// Whoever waits can look at a deadline, and what it throws comes through.
private func finishMeanwhile(_ world: Communicator, _ findings: inout Findings) throws {
    struct Deadline: Error {}
    for ranksPerNode in nodeSizes(world) {
        let exchange = try GradientExchange(
            world: world, ranksPerNode: ranksPerNode, floats: 5_000, buckets: [ExchangeBucket(0..<5_000)])
        exchange.slots[0].update(repeating: 1)
        // The last rank comes late: the others' deadlines pass.
        if world.rank < world.size - 1 { try exchange.start(0) }
        var (calls, deadlines) = (0, 0)
        if world.rank < world.size - 1 {
            do {
                try exchange.finish(0) {
                    calls += 1
                    if calls == 100 { throw Deadline() }
                }
            } catch is Deadline { deadlines += 1 }
            findings.expectEqual(deadlines, 1, "deadlines that came through")
        }
        try world.barrier()
        if world.rank == world.size - 1 { try exchange.start(0) }
        try exchange.finish(0)
        findings.expectEqual(exchange.slots[0].map { $0 }, [Float](repeating: Float(world.size), count: 5_000), "sums")
        try exchange.free()
    }
}

private func allocatesNothing(_ world: Communicator, _ findings: inout Findings) throws {
    for ranksPerNode in nodeSizes(world) {
        for wire in [WireType.fp32, .bf16] {
            let fixture = try ExchangeFixture(world, ranksPerNode: ranksPerNode, terms: 8, wire: wire)
            let exchange = fixture.exchange
            fixture.fill(step: 0)
            func step() throws {
                for form in [ExchangeForm.allReduce, .reduceScatter, .allGather] where form != .allGather || wire == .fp32 {
                    for bucket in exchange.buckets.indices { try exchange.start(bucket, form) }
                    _ = try exchange.progress()
                    for bucket in exchange.buckets.indices { try exchange.finish(bucket) }
                }
            }
            try step()
            let counted = try AllocationCounter.count(step)
            findings.expectEqual(counted, 0, "Swift objects in a warm exchange, \(wire), nodes of \(ranksPerNode)")
            try exchange.free()
        }
    }
}
