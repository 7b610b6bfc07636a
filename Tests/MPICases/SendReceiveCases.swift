import MPI

func sendReceiveCases() -> [Case] {
    [
        Case(name: "send-receive-relay", body: relay),
        Case(name: "receive-wrong-length", body: wrongLength),
    ]
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
    let request = Request()
    // Open MPI sees to what is too long, except where a rank sends to itself.
    for (sent, expected) in world.size > 1 ? [(3, 5), (5, 3)] : [(3, 5)] {
        let outgoing = [Float](repeating: 1, count: sent)
        var incoming = [Float](repeating: 0, count: expected)
        let text = try outgoing.withUnsafeBufferPointer { outgoing in
            // Started, so that a rank can send to itself.
            try world.startSend(outgoing, to: next, with: request)
            let text = findings.expectFailure("receiving \(sent) into \(expected)") {
                try incoming.withUnsafeMutableBufferPointer { try world.receive($0, from: previous) }
            }
            try request.wait()
            return text
        }
        let reasons = ["the message has \(sent) elements, \(expected) were expected", "MPI_ERR_TRUNCATE"]
        findings.expect(text.contains("MPI_Recv failed on rank \(world.rank)"), text)
        findings.expect(reasons.contains { text.contains($0) }, text)
    }
}
