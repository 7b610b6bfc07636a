import MPI

func allGatherCases() -> [Case] {
    forEachScalar("allGather") { name, type in
        Case(name: name) { world, findings in try allGather(type, world, &findings) }
    }
        + [
            Case(name: "allGather-value") { world, findings in
                let expected = (0..<world.size).map { $0 * $0 }
                findings.expectEqual(try world.allGather(world.rank * world.rank), expected, "squares")
            },
            Case(name: "allGather-bytes") { world, findings in
                for length in lengths {
                    func bytes(of rank: Int) -> [UInt8] { input(UInt8.self, count: length * rank, rank: rank) }
                    let all = try world.allGather(bytes: bytes(of: world.rank))
                    findings.expectEqual(all, (0..<world.size).map(bytes(of:)), "\(length) bytes for each rank below")
                }
            },
        ]
}

/// Even, uneven and empty divisions of a buffer.
func divisions(ranks: Int) -> [Blocks] {
    [unevenBlocks(ranks: ranks), Blocks(dividing: 97, ranks: ranks), Blocks(of: 11, ranks: ranks), Blocks(of: 0, ranks: ranks)]
}

/// What the whole buffer is when each rank has filled its block with its own input.
private func wholeOf<T: CaseScalar>(_ type: T.Type, _ blocks: Blocks) -> [T] {
    blocks.counts.enumerated().flatMap { input(type, count: $1, rank: $0) }
}

private func allGather<T: CaseScalar>(_ type: T.Type, _ world: Communicator, _ findings: inout Findings) throws {
    for largest in largestCounts {
        world.largestCount = largest
        for blocks in divisions(ranks: world.size) {
            var whole = [T](repeating: T(99), count: blocks.total)
            whole.replaceSubrange(
                blocks.range(of: world.rank), with: input(type, count: blocks.counts[world.rank], rank: world.rank))
            try whole.withUnsafeMutableBufferPointer { try world.allGather($0, blocks: blocks) }
            findings.expectEqual(whole, wholeOf(type, blocks), "\(blocks.counts) in pieces of \(largest)")
        }
    }
}
