import MPI

func splitCases() -> [Case] {
    [
        Case(name: "split-even-and-odd") { world, findings in
            let part = try world.split(color: world.rank % 2, key: world.rank)
            findings.expectEqual(part.rank, world.rank / 2, "rank in the part")
            findings.expectEqual(part.size, (world.size + 1 - world.rank % 2) / 2, "size of the part")
            let expected = (0..<world.size).filter { $0 % 2 == world.rank % 2 }
            findings.expectEqual(try part.allGather(world.rank), expected, "ranks of the part")
            findings.expectEqual(try part.allReduce(world.rank, .sum), expected.reduce(0, +), "sum over the part")
            try part.free()
        },
        Case(name: "split-reversed") { world, findings in
            let reversed = try world.split(color: 0, key: -world.rank)
            findings.expectEqual(reversed.rank, world.size - 1 - world.rank, "rank in reverse")
            findings.expectEqual(try reversed.broadcast(world.rank, from: 0), world.size - 1, "the first in reverse")
            try reversed.free()
        },
        Case(name: "splitShared") { world, findings in
            // The tests' ranks are all on this machine.
            let host = try world.splitShared()
            findings.expectEqual(host.size, world.size, "ranks that share memory")
            findings.expectEqual(host.rank, world.rank, "rank on the host")
            try host.barrier()
            try host.free()
        },
        Case(name: "free-world-fails") { world, findings in
            let text = findings.expectFailure("freeing the world") { try world.free() }
            findings.expect(text.contains("MPI_Comm_free failed on rank \(world.rank)"), text)
        },
    ]
}
