import MPI

func sendReceiveCases() -> [Case] {
    [
        Case(name: "sendReceive-ring", body: ring),
        Case(name: "sendReceive-unlike-lengths", body: unlikeLengths),
        Case(name: "send-receive-relay", body: relay),
        Case(name: "receive-wrong-length", body: wrongLength),
    ]
}

/// Each rank's elements travel once around.
private func ring(_ world: Communicator, _ findings: inout Findings) throws {
    let next = (world.rank + 1) % world.size
    let previous = (world.rank + world.size - 1) % world.size
    for largest in largestCounts {
        world.largestCount = largest
        for length in lengths {
            var values = input(Float.self, count: length, rank: world.rank)
            for _ in 0..<world.size {
                var incoming = [Float](repeating: -1, count: length)
                try values.withUnsafeBufferPointer { outgoing in
                    try incoming.withUnsafeMutableBufferPointer {
                        try world.sendReceive(outgoing, to: next, $0, from: previous, tag: 3)
                    }
                }
                values = incoming
                if length > 0 { findings.expect(values[0] >= 0, "nothing was received") }
            }
            findings.expectEqual(values, input(Float.self, count: length, rank: world.rank), "\(length) in pieces of \(largest)")
        }
    }
}

/// Rank r sends 5·r elements, so that the two directions have unlike numbers of pieces.
private func unlikeLengths(_ world: Communicator, _ findings: inout Findings) throws {
    let next = (world.rank + 1) % world.size
    let previous = (world.rank + world.size - 1) % world.size
    world.largestCount = 4
    let outgoing = input(Int64.self, count: 5 * world.rank, rank: world.rank)
    var incoming = [Int64](repeating: -1, count: 5 * previous)
    try outgoing.withUnsafeBufferPointer { out in
        try incoming.withUnsafeMutableBufferPointer { try world.sendReceive(out, to: next, $0, from: previous) }
    }
    findings.expectEqual(incoming, input(Int64.self, count: 5 * previous, rank: previous), "from rank \(previous)")
}

/// Rank 0's elements go from rank to rank; each adds one.
private func relay(_ world: Communicator, _ findings: inout Findings) throws {
    for largest in largestCounts {
        world.largestCount = largest
        for length in lengths {
            var values = input(Double.self, count: length, rank: 0)
            try values.withUnsafeMutableBufferPointer { buffer in
                if world.rank > 0 { try world.receive(buffer, from: world.rank - 1, tag: 5) }
                for index in buffer.indices { buffer[index] += 1 }
                if world.rank + 1 < world.size { try world.send(UnsafeBufferPointer(buffer), to: world.rank + 1, tag: 5) }
            }
            let expected = input(Double.self, count: length, rank: 0).map { $0 + Double(world.rank + 1) }
            // A receiver has added one to what came, not to its own copy of the input.
            findings.expectEqual(values, expected, "\(length) in pieces of \(largest)")
        }
    }
}

/// A message that is shorter or longer than the buffer is an error, not old values at the buffer's end.
private func wrongLength(_ world: Communicator, _ findings: inout Findings) throws {
    let next = (world.rank + 1) % world.size
    let previous = (world.rank + world.size - 1) % world.size
    for (sent, expected) in [(3, 5), (5, 3)] {
        let outgoing = [Float](repeating: 1, count: sent)
        var incoming = [Float](repeating: 0, count: expected)
        let text = findings.expectFailure("receiving \(sent) into \(expected)") {
            try outgoing.withUnsafeBufferPointer { out in
                try incoming.withUnsafeMutableBufferPointer {
                    try world.sendReceive(out, to: next, $0, from: previous)
                }
            }
        }
        // MPI notices by itself what is too long, except where a rank sends to itself.
        let reasons = ["the message has \(sent) elements, \(expected) were expected", "MPI_ERR_TRUNCATE"]
        findings.expect(text.contains("MPI_Sendrecv failed on rank \(world.rank)"), text)
        findings.expect(reasons.contains { text.contains($0) }, text)
    }
}
