import Diagnostics
import Recorder

/// How far a run is, by the flight records of its ranks: under way, or ended, and in which way.
public enum RunState: Sendable, Equatable {
    /// What a rank that trained to the end says of itself.
    static let completion = "trained to the end"
    /// How the words begin of a rank that ended well.
    public static let completions = [completion, stopping]

    /// How a rank's words begin that ended training because it was asked to.
    public static let stopping = "stopped after step"

    /// What a rank says, among other things, whose loss or gradient was not finite.
    private static let divergence = "training has diverged"

    /// At least one rank lives, and none was killed.
    case running
    /// Every rank trained to the end.
    case finished
    /// It was asked to end before its end, and can be gone on with.
    case stopped
    /// A loss or gradient was not finite, as the words say.
    case diverged(String)
    /// It ended with these words of the first rank that has some.
    case failed(String)
    /// These ranks' processes are no more and left no word.
    case killed(ranks: [Int])
    /// Its ranks are on other hosts, where this one cannot look, and have not closed their records.
    case elsewhere
    /// There are no records that could tell.
    case unknown

    public init(_ records: [FlightRecord]) {
        let lives = records.map(\.life)
        let gone = zip(records, lives).filter { $1 == .gone }.map(\.0.rank)
        // A rank that reports what ended it tells more than those that were killed for it.
        let endings = records.filter { $0.phase == .ended && $0.message != Self.completion }
        let reasons = endings.filter { !$0.message.hasPrefix(Self.stopping) }
        if records.isEmpty {
            self = .unknown
        } else if let reason = reasons.first(where: { !$0.message.isEmpty }) {
            self = reason.message.contains(Self.divergence) ? .diverged(reason.message) : .failed(reason.message)
        } else if endings.contains(where: { $0.message.hasPrefix(Self.stopping) }) {
            self = .stopped
        } else if !gone.isEmpty {
            self = .killed(ranks: gone)
        } else if lives.contains(.alive) || lives.contains(.stopped) {
            self = .running
        } else if lives.contains(.elsewhere) {
            self = .elsewhere
        } else {
            // A rank that is between its last step and its last words has ended all the same.
            self = .finished
        }
    }
}

extension RunDirectory {
    /// The flight records of the ranks of the latest start, as far as they can be read.
    public func records(ranks: Int) -> [FlightRecord] {
        (0..<ranks).compactMap { try? FlightRecord.read(recorder(rank: $0)) }
    }
}
