import MPI

func broadcastCases() -> [Case] {
    forEachScalar("broadcast") { name, type in
        Case(name: name) { world, findings in try broadcast(type, world, &findings) }
    } + [
        Case(name: "broadcast-value") { world, findings in
            for root in 0..<world.size {
                findings.expectEqual(try world.broadcast(100 + world.rank, from: root), 100 + root, "from \(root)")
            }
        },
        Case(name: "broadcast-bytes") { world, findings in
            for root in 0..<world.size {
                for length in lengths {
                    var bytes = world.rank == root ? input(UInt8.self, count: length, rank: root) : [1, 2, 3]
                    try world.broadcast(bytes: &bytes, from: root)
                    findings.expectEqual(bytes, input(UInt8.self, count: length, rank: root), "\(length) from \(root)")
                }
            }
        },
        Case(name: "barrier") { world, findings in
            for _ in 0..<100 { try world.barrier() }
            findings.expect(!world.hostName.isEmpty, "the host has no name")
            findings.expect((0..<world.size).contains(world.rank), "rank \(world.rank) of \(world.size)")
        },
    ]
}

private func broadcast<T: CaseScalar>(_ type: T.Type, _ world: Communicator, _ findings: inout Findings) throws {
    for largest in largestCounts {
        world.largestCount = largest
        for root in 0..<world.size {
            for length in lengths {
                var values = input(type, count: length, rank: world.rank)
                try values.withUnsafeMutableBufferPointer { try world.broadcast($0, from: root) }
                findings.expectEqual(
                    values, input(type, count: length, rank: root), "\(length) from \(root) in pieces of \(largest)")
            }
        }
    }
}
