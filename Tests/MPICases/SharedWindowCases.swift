import MPI

func sharedWindowCases() -> [Case] {
    [
        Case(name: "sharedWindow-regions", body: regions),
        Case(name: "sharedWindow-counters", body: counters),
        Case(name: "sharedWindow-beyond-the-memory-file-system") { world, findings in
            // A rank alone gets ordinary memory, of which nobody knows beforehand how much there is.
            guard world.size > 1 else { return findings.expectEqual(world.size, 1, "ranks") }
            let text = findings.expectFailure("a window of 16 TB") { _ = try SharedWindow(on: world, byteCount: 1 << 44) }
            for part in ["/dev/shm has ", " bytes free, and the \(world.size) ranks of this node need ", "make it larger"] {
                findings.expect(text.contains(part), "no \"\(part)\" in \"\(text)\"")
            }
        },
    ]
}

/// Regions of unlike sizes are zero, aligned and apart, and what a rank writes into another's is there.
private func regions(_ world: Communicator, _ findings: inout Findings) throws {
    let node = try world.splitShared()
    func size(_ rank: Int) -> Int { [100, 0, 4096, 65][rank % 4] }
    let window = try SharedWindow(on: node, byteCount: size(node.rank))
    for rank in 0..<node.size {
        findings.expectEqual(window.byteCount(ofRank: rank), size(rank), "bytes of rank \(rank)")
        findings.expect(UInt(bitPattern: window.base(ofRank: rank)).isMultiple(of: 64), "rank \(rank)'s region is not aligned")
        let bytes = UnsafeRawBufferPointer(start: window.base(ofRank: rank), count: size(rank))
        findings.expectEqual(Array(bytes), [UInt8](repeating: 0, count: size(rank)), "rank \(rank)'s region at first")
    }
    try node.barrier()
    let next = (node.rank + 1) % node.size
    for index in 0..<size(next) { (window.base(ofRank: next) + index).storeBytes(of: UInt8(next + 1), as: UInt8.self) }
    try node.barrier()
    for rank in 0..<node.size {
        let bytes = UnsafeRawBufferPointer(start: window.base(ofRank: rank), count: size(rank))
        findings.expectEqual(Array(bytes), [UInt8](repeating: UInt8(rank + 1), count: size(rank)), "rank \(rank)'s region")
    }
    try window.free()
    try node.free()
}

/// A relay around the ranks without MPI: what was written before a counter advances is seen by whoever reads the counter.
private func counters(_ world: Communicator, _ findings: inout Findings) throws {
    let window = try SharedWindow(on: world, byteCount: 2 * SharedCounter.stride)
    let own = window.counter(ofRank: world.rank, atByte: 0)
    let previous = (world.rank + world.size - 1) % world.size
    let before = window.counter(ofRank: previous, atByte: 0)
    let payload = window.base(ofRank: world.rank) + SharedCounter.stride
    let received = window.base(ofRank: previous) + SharedCounter.stride
    findings.expectEqual(before.value, 0, "a counter at first")
    try world.barrier()
    for round in 1...200 {
        if world.rank > 0 { waitUntil { before.value >= UInt64(round) } }
        let sum = world.rank > 0 ? received.load(as: Int.self) : round
        payload.storeBytes(of: sum + world.rank, as: Int.self)
        own.advance(to: UInt64(round))
        // The first one goes on when the last one has written, so that no payload is overwritten before it was read.
        if world.rank == 0, world.size > 1 { waitUntil { before.value >= UInt64(round) } }
        if world.rank == 0 {
            findings.expectEqual(received.load(as: Int.self), round + world.size * (world.size - 1) / 2, "round \(round)")
        }
    }
    findings.expectEqual(own.value, 200, "a counter at the end")
    try window.free()
}
