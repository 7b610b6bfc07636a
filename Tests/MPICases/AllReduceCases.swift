import MPI

func allReduceCases() -> [Case] {
    forEachScalar("allReduce") { name, type in
        Case(name: name) { world, findings in try allReduce(type, world, &findings) }
    } + [
        Case(name: "allReduce-value") { world, findings in
            let ranks = world.size
            findings.expectEqual(try world.allReduce(world.rank + 1, .sum), ranks * (ranks + 1) / 2, "sum")
            findings.expectEqual(try world.allReduce(Float(world.rank), .max), Float(ranks - 1), "max")
            findings.expectEqual(try world.allReduce(Double(world.rank) - 1, .min), -1, "min")
            findings.expectEqual(try world.allReduce(UInt64.max - UInt64(world.rank), .max), UInt64.max, "unsigned max")
        },
        Case(name: "allReduce-same-bits-on-every-rank") { world, findings in
            // Neither exact nor commutative under rounding, and long enough for every algorithm that the library chooses from.
            for length in [1, 5, 1021, 70_001] {
                var values = (0..<length).map { 1 / Float($0 * 3 + world.rank * 7 + 1) - 1 / Float($0 + world.rank + 2) }
                try values.withUnsafeMutableBufferPointer { try world.allReduce($0, .sum) }
                let bits = values.withUnsafeBytes { Array($0) }
                for (rank, other) in try world.allGather(bytes: bits).enumerated() {
                    findings.expectEqual(other, bits, "bytes of rank \(rank), length \(length)")
                }
            }
        },
    ]
}

private func allReduce<T: CaseScalar>(_ type: T.Type, _ world: Communicator, _ findings: inout Findings) throws {
    for largest in largestCounts {
        world.largestCount = largest
        for operation in ReductionOperation.allCases {
            for length in lengths {
                var values = input(type, count: length, rank: world.rank)
                try values.withUnsafeMutableBufferPointer { try world.allReduce($0, operation) }
                findings.expectEqual(
                    values, serialReduction(operation, type, count: length, ranks: world.size),
                    "\(operation) of \(length) in pieces of \(largest)")
            }
        }
    }
}
