/// What can be seen of one rank of a job from outside: its flight record, and whether its process lives.
public struct RankSight: Sendable {
    public let rank: Int
    /// Nil where there is none that can be read.
    public let record: FlightRecord?
    /// Of a rank without a record, `elsewhere`: nobody knows.
    public let life: FlightRecord.Life
    /// What was last heard of a rank on another host; nil where its file tells all.
    public let lastHeard: Hearing?

    public struct Hearing: Sendable, Equatable {
        /// That hears the rank's own: rank 0's, and of rank 0 that of the rank that looks.
        public let host: String
        /// In nanoseconds of CLOCK_REALTIME.
        public let time: UInt64

        public init(by host: String, at time: UInt64) { (self.host, self.time) = (host, time) }
    }

    public init(rank: Int, record: FlightRecord?, life: FlightRecord.Life? = nil, lastHeard: Hearing? = nil) {
        (self.rank, self.record, self.lastHeard) = (rank, record, lastHeard)
        self.life = life ?? record?.life ?? .elsewhere
    }

    /// All ranks of a job, whose records are read from the files that `path` names.
    public static func all(ranks: Int, path: (Int) -> String) -> [RankSight] {
        (0..<ranks).map { RankSight(rank: $0, record: try? FlightRecord.read(path($0))) }
    }

    /// One line, as of a time in nanoseconds of CLOCK_REALTIME.
    public func description(at time: UInt64) -> String {
        guard let record else { return "rank \(rank): says nothing" }
        let line = record.description(at: time)
        return switch life {
        case .gone: "\(line); its process is no more"
        case .stopped: "\(line); its process is stopped (SIGSTOP, or a debugger)"
        case .unheard: "\(line); \(unheard(at: time))"
        case .ended, .alive, .elsewhere: line
        }
    }

    /// Who has heard nothing of the rank, and for how long.
    func unheard(at time: UInt64) -> String {
        guard let lastHeard else { return "not heard of" }
        return "not heard by \(lastHeard.host) for \(durationText(from: lastHeard.time, to: time))"
    }
}

extension FlightRecord {
    /// The collective that the rank waits in: the oldest that it has not left, where it does nothing beside.
    public var awaited: Collective? {
        switch phase {
        case .starting, .exchange, .evaluating, .checkpointing, .stopping: collectives.first { $0.left == nil }
        case .loading, .forward, .backward, .update, .logging, .ended: nil
        }
    }

    /// When the rank last told of something new, in nanoseconds of CLOCK_REALTIME.
    public var lastNews: UInt64 {
        collectives.reduce(since) { max($0, $1.entered, $1.left ?? 0) }
    }
}
