extension Communicator {
    /// By how much this rank's clock is ahead of rank 0's, in the clock's own unit; 0 on rank 0. Collective.
    ///
    /// Each rank answers rank 0's questions with its time; of several round trips the shortest counts, whose middle is off by at most half of
    /// what it took.
    public func clockOffset(roundTrips: Int = 32, _ now: () -> Double) throws -> Double {
        var offset = 0.0
        if rank == 0 {
            for other in 1..<max(1, size) {
                var shortest = Double.infinity
                for _ in 0..<roundTrips {
                    let start = now()
                    try sendOne(start, to: other)
                    let theirs = try receiveOne(from: other)
                    let end = now()
                    if end - start < shortest { (shortest, offset) = (end - start, theirs - (start + end) / 2) }
                }
                try sendOne(offset, to: other)
            }
            return 0
        }
        for _ in 0..<roundTrips {
            _ = try receiveOne(from: 0)
            try sendOne(now(), to: 0)
        }
        return try receiveOne(from: 0)
    }

    private func sendOne(_ value: Double, to rank: Int) throws {
        try withUnsafePointer(to: value) { try send(UnsafeBufferPointer(start: $0, count: 1), to: rank) }
    }

    private func receiveOne(from rank: Int) throws -> Double {
        var value = 0.0
        try withUnsafeMutablePointer(to: &value) { try receive(UnsafeMutableBufferPointer(start: $0, count: 1), from: rank) }
        return value
    }
}
