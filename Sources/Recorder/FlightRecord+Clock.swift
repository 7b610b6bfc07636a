extension FlightRecord {
    /// The same, by a clock that is so many nanoseconds ahead of that of the record's host.
    func shifted(by offset: Int64) -> FlightRecord {
        func shifted(_ time: UInt64) -> UInt64 { time &+ UInt64(bitPattern: offset) }
        var copy = self
        copy.started = shifted(started)
        copy.since = shifted(since)
        copy.collectives = collectives.map { collective in
            Collective(
                sequence: collective.sequence, kind: collective.kind, count: collective.count, entered: shifted(collective.entered),
                left: collective.left.map(shifted))
        }
        return copy
    }
}
