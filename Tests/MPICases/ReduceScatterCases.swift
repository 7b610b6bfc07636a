import MPI

func reduceScatterCases() -> [Case] {
    forEachScalar("reduceScatter") { name, type in
        Case(name: name) { world, findings in try reduceScatter(type, world, &findings) }
    }
        + forEachScalar("reduce") { name, type in
            Case(name: name) { world, findings in try reduce(type, world, &findings) }
        }
}

private func reduceScatter<T: CaseScalar>(_ type: T.Type, _ world: Communicator, _ findings: inout Findings) throws {
    for largest in largestCounts {
        world.largestCount = largest
        for operation in ReductionOperation.allCases {
            for blocks in divisions(ranks: world.size) {
                let whole = input(type, count: blocks.total, rank: world.rank)
                var block = [T](repeating: T(99), count: blocks.counts[world.rank])
                try whole.withUnsafeBufferPointer { whole in
                    try block.withUnsafeMutableBufferPointer {
                        try world.reduceScatter(whole, into: $0, blocks: blocks, operation)
                    }
                }
                let all = serialReduction(operation, type, count: blocks.total, ranks: world.size)
                findings.expectEqual(
                    block, Array(all[blocks.range(of: world.rank)]), "\(operation) of \(blocks.counts) in pieces of \(largest)")
            }
        }
    }
}

private func reduce<T: CaseScalar>(_ type: T.Type, _ world: Communicator, _ findings: inout Findings) throws {
    for largest in largestCounts {
        world.largestCount = largest
        for (index, operation) in ReductionOperation.allCases.enumerated() {
            let root = index % world.size
            for length in lengths {
                let values = input(type, count: length, rank: world.rank)
                var result = [T](repeating: T(99), count: world.rank == root ? length : 0)
                try values.withUnsafeBufferPointer { values in
                    try result.withUnsafeMutableBufferPointer {
                        try world.reduce(values, into: world.rank == root ? $0 : nil, operation, at: root)
                    }
                }
                let expected =
                    world.rank == root ? serialReduction(operation, type, count: length, ranks: world.size) : []
                findings.expectEqual(result, expected, "\(operation) of \(length) at \(root) in pieces of \(largest)")
            }
        }
    }
}
