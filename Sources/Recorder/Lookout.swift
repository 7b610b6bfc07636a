/// Looks at all ranks of a job from one of them: at those of its own host by their mapped files, which are as new as can be, and at those of other
/// hosts by their heartbeats, as far as there are any; by their files, as new as the file system makes them, where there are none.
public struct Lookout: Sendable {
    /// How long it takes until heartbeats tell what befell a rank of another host, be it that none come any more.
    public static let secondsOfHeartbeats = 8

    private let hosts: [String]
    private let rank: Int
    private let board: HeartbeatBoard?
    private let path: @Sendable (Int) -> String

    /// - Parameters:
    ///   - hosts: the host of each rank.
    ///   - rank: the one that looks.
    ///   - path: of the flight record of a rank.
    public init(hosts: [String], rank: Int, path: @escaping @Sendable (Int) -> String) {
        self.init(hosts: hosts, rank: rank, board: nil, path: path)
    }

    /// From rank 0.
    public init(hosts: [String], hearing listener: HeartbeatListener, path: @escaping @Sendable (Int) -> String) {
        self.init(hosts: hosts, rank: 0, board: listener.board, path: path)
    }

    /// From another rank, which hears of the others by rank 0.
    public init(hosts: [String], rank: Int, hearing sender: HeartbeatSender, path: @escaping @Sendable (Int) -> String) {
        self.init(hosts: hosts, rank: rank, board: sender.board, path: path)
    }

    init(hosts: [String], rank: Int, board: HeartbeatBoard?, path: @escaping @Sendable (Int) -> String) {
        (self.hosts, self.rank, self.board, self.path) = (hosts, rank, board, path)
    }

    /// Whether there are ranks of other hosts than this one's.
    public var looksElsewhere: Bool { hosts.contains { $0 != hosts[rank] } }

    /// What can be seen of all ranks now, with times by this host's clock as far as heartbeats tell how clocks differ.
    public func sights() -> [RankSight] {
        let moment = Moment.now
        return hosts.indices.map { sight(of: $0, at: moment) }
    }

    func sight(of other: Int, at moment: Moment) -> RankSight {
        guard hosts[other] != hosts[rank], let heard = board?.heard(of: other, at: moment) else {
            return RankSight(rank: other, record: try? FlightRecord.read(path(other)))
        }
        // Of a rank that has fallen silent the file may tell more than it could itself: its last words, or the signal that ended it.
        let isSilent = heard.life != .alive && heard.life != .ended
        let file = isSilent ? try? FlightRecord.read(path(other)) : nil
        let isFileNewer =
            file.map { $0.started == heard.record.started && $0.lastNews >= heard.record.lastNews } ?? false
        let record = file.flatMap { isFileNewer ? $0 : nil } ?? heard.record
        return RankSight(
            rank: other, record: record.shifted(by: heard.clockOffset), life: record.phase == .ended ? .ended : heard.life,
            lastHeard: .init(by: hosts[other == 0 ? rank : 0], at: heard.time))
    }
}
