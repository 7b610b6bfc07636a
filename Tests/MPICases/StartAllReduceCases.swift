import MPI

func startAllReduceCases() -> [Case] {
    forEachScalar("startAllReduce") { name, type in
        Case(name: name) { world, findings in try startAllReduce(type, world, &findings) }
    } + [
        Case(name: "startAllReduce-finished-out-of-order", body: outOfOrder),
        Case(name: "startAllReduce-used-again", body: usedAgain),
        Case(name: "request-wait-meanwhile", body: waitMeanwhile),
    ]
}

private func startAllReduce<T: CaseScalar>(_ type: T.Type, _ world: Communicator, _ findings: inout Findings) throws {
    for largest in largestCounts {
        world.largestCount = largest
        for operation in ReductionOperation.allCases {
            for length in lengths {
                var values = input(type, count: length, rank: world.rank)
                try values.withUnsafeMutableBufferPointer { try world.startAllReduce($0, operation).wait() }
                findings.expectEqual(
                    values, serialReduction(operation, type, count: length, ranks: world.size),
                    "\(operation) of \(length) in pieces of \(largest)")
            }
        }
    }
}

/// Starts four operations in order; each rank finishes them in another order, some by polling.
private func outOfOrder(_ world: Communicator, _ findings: inout Findings) throws {
    let counts = [1, 4096, 17, 65_537]
    let buffers = counts.map { UnsafeMutableBufferPointer<Float>.allocate(capacity: $0) }
    defer { for buffer in buffers { buffer.deallocate() } }
    for buffer in buffers { _ = buffer.update(fromContentsOf: input(Float.self, count: buffer.count, rank: world.rank)) }
    let requests = try buffers.map { try world.startAllReduce($0, .sum) }
    for turn in requests.indices.reversed() {
        let index = (turn + world.rank) % requests.count
        if turn.isMultiple(of: 2) {
            while try !requests[index].test() {}
        } else {
            try requests[index].wait()
        }
        findings.expect(requests[index].isFinished, "operation \(index) is not finished after it was waited for")
    }
    for buffer in buffers {
        let expected = serialReduction(.sum, Float.self, count: buffer.count, ranks: world.size)
        findings.expectEqual(Array(buffer), expected, "sum of \(buffer.count)")
    }
}

private func usedAgain(_ world: Communicator, _ findings: inout Findings) throws {
    let request = Request()
    world.largestCount = 8
    for round in 0..<50 {
        var values = input(Double.self, count: round, rank: world.rank)
        try values.withUnsafeMutableBufferPointer {
            try world.startAllReduce($0, .max, with: request)
            try request.wait()
        }
        findings.expectEqual(
            values, serialReduction(.max, Double.self, count: round, ranks: world.size), "round \(round)")
    }
}

/// What the caller throws between tests comes through, and the request may then be dropped.
private func waitMeanwhile(_ world: Communicator, _ findings: inout Findings) throws {
    struct Deadline: Error {}
    let value = UnsafeMutableBufferPointer<Int>.allocate(capacity: 1)
    defer { value.deallocate() }
    value[0] = world.rank
    let request = try world.startAllReduce(value, .sum)
    var calls = 0
    var deadlines = 0
    do {
        try request.wait {
            calls += 1
            throw Deadline()
        }
    } catch is Deadline {
        deadlines += 1
    }
    findings.expectEqual(deadlines, calls, "deadlines that came through")
    try request.wait()
    findings.expectEqual(value[0], world.size * (world.size - 1) / 2, "sum of the ranks")
}
