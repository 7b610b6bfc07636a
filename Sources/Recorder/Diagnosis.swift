import Diagnostics

/// Which ranks hold a job up, or have ended it, and how: concluded from what can be seen of all ranks at one moment.
public struct Diagnosis: Sendable, Equatable {
    public enum Cause: String, Sendable, Codable {
        /// Ended with an error of its own.
        case failed
        /// The process is no more, and left no word but perhaps of the signal.
        case lost
        /// Ranks that are in the same collective, by its number, do not mean the same one.
        case mismatch
        /// Kept from running by a signal.
        case stopped
        /// Busy with something else while the others wait for it.
        case busy
        /// Waits in an earlier collective than the others.
        case behind
        /// Has no flight record, or is on another host and has not been heard of for a while.
        case silent
        /// All wait in the same collective: what connects them, or a host that cannot be looked into.
        case connection
    }

    public let cause: Cause
    /// In ascending order; none where that cannot be told.
    public let ranks: [Int]
    /// A sentence without its full stop: who, and what about it.
    public let text: String

    public init(cause: Cause, ranks: [Int], text: String) { (self.cause, self.ranks, self.text) = (cause, ranks, text) }

    /// - Parameters:
    ///   - sights: of all ranks.
    ///   - completions: what the message of a rank that ended well begins with.
    ///   - time: nanoseconds of CLOCK_REALTIME.
    /// - Precondition: there is a rank.
    public init(_ sights: [RankSight], completions: [String], at time: UInt64) {
        require(!sights.isEmpty, "a job has no ranks")
        func concluding(_ cause: Cause, _ culprits: [RankSight], _ what: (RankSight) -> String) -> Diagnosis {
            Diagnosis(
                cause: cause, ranks: culprits.map(\.rank),
                text: culprits.map { "rank \($0.rank)\($0.record.map { " on \($0.host)" } ?? "") \(what($0))" }.joined(
                    separator: "; "))
        }
        func doing(_ sight: RankSight) -> String {
            guard let record = sight.record else { return "" }
            return "\(record.phase) of step \(record.step)"
        }
        let records = sights.compactMap { sight in sight.record.map { (sight: sight, record: $0) } }
        let failed = records.filter { entry in
            entry.record.phase == .ended && !entry.record.message.isEmpty
                && !completions.contains(where: entry.record.message.hasPrefix)
        }
        let lost = sights.filter { $0.life == .gone }
        let stopped = sights.filter { $0.life == .stopped }
        let waiting = records.compactMap { entry in entry.record.awaited.map { (sight: entry.sight, collective: $0) } }
        let newest = waiting.map(\.collective.sequence).max()
        let busy = records.filter { $0.record.phase != .ended && $0.record.awaited == nil && $0.sight.life != .gone }
        let behind = waiting.filter { $0.collective.sequence != newest }
        let silent = sights.filter { $0.record == nil }
        let unheard = sights.filter { $0.life == .unheard }
        let misfits = Self.misfits(records.filter { $0.record.phase != .ended }.map(\.record))
        // A rank that reports what ended it tells more than those that were ended for it.
        if let first = failed.first {
            self.init(
                cause: .failed, ranks: [first.record.rank],
                text: "rank \(first.record.rank) on \(first.record.host): \(first.record.message)")
        } else if !lost.isEmpty {
            // One that noted a fault of its own is the cause, not one of those that were ended for it.
            let faulty = lost.filter { $0.record?.message.isEmpty == false }
            self = concluding(.lost, faulty.isEmpty ? lost : faulty) { sight in
                let message = sight.record?.message ?? ""
                return (message.isEmpty ? "was killed (SIGKILL, perhaps for memory)" : message) + ", in \(doing(sight))"
            }
        } else if !stopped.isEmpty {
            self = concluding(.stopped, stopped) { "is stopped (SIGSTOP, or a debugger), in \(doing($0))" }
        } else if !misfits.isEmpty {
            self = concluding(.mismatch, sights.filter { misfits[$0.rank] != nil }) {
                "is in \(misfits[$0.rank].map { "\($0)" } ?? "")"
            }
        } else if !unheard.isEmpty, busy.allSatisfy({ $0.sight.life == .unheard || $0.sight.life == .elsewhere }) {
            self = concluding(.silent, unheard) {
                "was \($0.unheard(at: time)) (it is stopped, or its host or what connects the two is down), in \(doing($0))"
            }
        } else if !busy.isEmpty {
            self = concluding(.busy, busy.map(\.sight)) { sight in
                "has been in \(doing(sight)) for \(sight.record.map { durationText(from: $0.since, to: time) } ?? "")"
            }
        } else if !silent.isEmpty {
            self = concluding(.silent, silent) { _ in "says nothing" }
        } else if !behind.isEmpty {
            self = concluding(.behind, behind.map(\.sight)) { sight in
                "waits in \(sight.record?.awaited.map { "\($0)" } ?? ""), and the others in a later collective"
            }
        } else {
            let hosts = Set(records.map(\.record.host)).sorted()
            self.init(
                cause: .connection, ranks: sights.map(\.rank),
                text: "all ranks wait for one another: the connection between "
                    + (hosts.count > 1 ? "the hosts \(hosts.joined(separator: ", "))" : "the ranks") + ", or MPI, does not get on")
        }
    }

    /// Hosts that no longer answer take their ranks with them, and mpirun ends the others for it.
    public init(lostHosts: [String], sights: [RankSight]) {
        let ranks = sights.filter { sight in sight.record.map { lostHosts.contains($0.host) } ?? false }.map(\.rank)
        let names = lostHosts.joined(separator: ", ")
        self.init(
            cause: .lost, ranks: ranks,
            text: "no answer from \(names)"
                + (ranks.isEmpty
                    ? "" : ", which rank\(ranks.count == 1 ? "" : "s") \(ranks.map(String.init).joined(separator: ", ")) ran on"))
    }

    /// The first collective, by its number, that is not the same on all ranks whose records still hold it; each of these ranks' own. Empty where
    /// all fit.
    private static func misfits(_ records: [FlightRecord]) -> [Int: FlightRecord.Collective] {
        let entered = records.flatMap { record in record.collectives.map { (rank: record.rank, collective: $0) } }
        let numbers = Dictionary(grouping: entered, by: \.collective.sequence)
        let first = numbers.keys.sorted().first { number in
            Set((numbers[number] ?? []).map { "\($0.collective)" }).count > 1
        }
        return Dictionary((first.flatMap { numbers[$0] } ?? []).map { ($0.rank, $0.collective) }) { first, _ in first }
    }
}
