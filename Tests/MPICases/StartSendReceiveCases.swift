import MPI

func startSendReceiveCases() -> [Case] {
    [
        Case(name: "startSend-startReceive-all-pairs", body: allPairs),
        Case(name: "startSend-startReceive-pieces", body: longMessages),
        Case(name: "startReceive-wrong-length", body: startedWrongLength),
        Case(name: "clock-offset", body: clockOffset),
    ]
}

/// Every rank sends to every other and to itself at once, over and over with the same requests.
private func allPairs(_ world: Communicator, _ findings: inout Findings) throws {
    let ranks = 0..<world.size
    let (sends, receives) = (ranks.map { _ in Request() }, ranks.map { _ in Request() })
    for largest in largestCounts {
        world.largestCount = largest
        for length in lengths {
            let outgoing = UnsafeMutableBufferPointer<Int64>.allocate(capacity: length)
            _ = outgoing.initialize(from: input(Int64.self, count: length, rank: world.rank))
            let incoming = ranks.map { _ in UnsafeMutableBufferPointer<Int64>.allocate(capacity: length) }
            defer { for buffer in incoming + [outgoing] { buffer.deallocate() } }
            for rank in ranks {
                incoming[rank].initialize(repeating: -1)
                try world.startReceive(incoming[rank], from: rank, tag: 9, with: receives[rank])
            }
            for rank in ranks { try world.startSend(UnsafeBufferPointer(outgoing), to: rank, tag: 9, with: sends[rank]) }
            for request in sends + receives { try request.wait() }
            for rank in ranks {
                findings.expectEqual(
                    Array(incoming[rank]), input(Int64.self, count: length, rank: rank),
                    "\(length) from \(rank) in pieces of \(largest)")
            }
        }
    }
}

/// Around the lengths at which a message becomes several pieces, of 60 KB each.
private func longMessages(_ world: Communicator, _ findings: inout Findings) throws {
    let (next, previous) = ((world.rank + 1) % world.size, (world.rank + world.size - 1) % world.size)
    let piece = (60 << 10) / MemoryLayout<Float>.stride
    let (send, receive) = (Request(), Request())
    for length in [piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 1] {
        let outgoing = input(Float.self, count: length, rank: world.rank)
        var incoming = [Float](repeating: -1, count: length)
        let before = world.startedBytes
        try outgoing.withUnsafeBufferPointer { outgoing in
            try incoming.withUnsafeMutableBufferPointer { incoming in
                try world.startReceive(incoming, from: previous, tag: 3, with: receive)
                try world.startSend(outgoing, to: next, tag: 3, with: send)
                for request in [send, receive] { try request.wait() }
            }
        }
        findings.expectEqual(incoming, input(Float.self, count: length, rank: previous), "\(length) floats")
        findings.expectEqual(world.startedBytes - before, length * MemoryLayout<Float>.stride, "bytes of \(length) floats")
    }
}

/// A clock that is ahead by a thousand seconds for each rank is found to be, to a fraction of a second.
private func clockOffset(_ world: Communicator, _ findings: inout Findings) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let ahead = 1_000 * Double(world.rank)
    let found = try world.clockOffset { (clock.now - start) / .seconds(1) + ahead }
    findings.expect(abs(found - ahead) < 60, "a clock that is \(ahead) s ahead was found \(found) s ahead")
}

/// As for `receive`: too short and too long are errors when the request is finished.
private func startedWrongLength(_ world: Communicator, _ findings: inout Findings) throws {
    let next = (world.rank + 1) % world.size
    let previous = (world.rank + world.size - 1) % world.size
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 8)
    buffer.initialize(repeating: 1)
    defer { buffer.deallocate() }
    // Open MPI sees to what is too long, except where a rank sends to itself.
    for (sent, expected) in world.size > 1 ? [(2, 3), (3, 2)] : [(2, 3)] {
        let (send, receive) = (Request(), Request())
        try world.startReceive(UnsafeMutableBufferPointer(rebasing: buffer[..<expected]), from: previous, with: receive)
        try world.startSend(UnsafeBufferPointer(rebasing: buffer[4..<4 + sent]), to: next, with: send)
        let text = findings.expectFailure("receiving \(sent) into \(expected)") { try receive.wait() }
        findings.expect(text.contains("MPI_Test failed on rank \(world.rank)"), text)
        let reasons = ["the message has \(sent) elements, \(expected) were expected", "MPI_ERR_TRUNCATE"]
        findings.expect(reasons.contains { text.contains($0) }, text)
        try send.wait()
    }
}
