import Diagnostics
import MPI
import Recorder

/// A failure that every rank knows of: each throws this same value, so one report and one exit code serve all.
public struct AgreedFailure: Error, CustomStringConvertible, Sendable {
    /// What the lowest failing rank threw.
    public let failure: Failure
    /// The ranks that failed, in ascending order; all of them where the cause is common.
    public let ranks: [Int]
    /// The host of the first of them.
    public let host: String
    /// How many ranks there are.
    public let worldSize: Int

    public var description: String {
        if ranks.count == worldSize { return failure.description }
        return "\(ranks.asRanks) on \(host): \(failure.description)"
    }
}

extension [Int] {
    /// `rank 2`, or `ranks 0, 3`.
    var asRanks: String { (count == 1 ? "rank " : "ranks ") + map(String.init).joined(separator: ", ") }
}

extension Communicator {
    /// Does `work` on this rank and returns its value if it succeeded on every rank; collective.
    ///
    /// A failure on one rank is thus known to all before the next collective, where it would leave the others waiting for ever.
    /// - Parameter recorder: notes that the others are waited for.
    /// - Throws: `AgreedFailure` on every rank, if `work` threw on any.
    public func agreed<Value>(notedIn recorder: FlightRecorder? = nil, _ work: () throws -> Value) throws -> Value {
        let result = Result(catching: work)
        let mine: [UInt8]
        switch result {
        case .success: mine = []
        case .failure(let error): mine = Self.encoded(Failure(reporting: error), host: hostName)
        }
        let all = try recorder.during(.allGather, count: size) { try allGather(bytes: mine) }
        let failed = all.indices.filter { !all[$0].isEmpty }
        if let first = failed.first {
            let (failure, host) = Self.decoded(all[first])
            throw AgreedFailure(failure: failure, ranks: failed, host: host, worldSize: size)
        }
        return try result.get()
    }

    /// Ranks on this rank's host, as far as the launcher tells; all of them where it does not.
    var localSize: Int { LaunchEnvironment.current?.localSize ?? size }

    /// Kind, length of the host's name, host, text.
    private static func encoded(_ failure: Failure, host: String) -> [UInt8] {
        let name = Array(host.utf8.prefix(255))
        return [UInt8(truncatingIfNeeded: failure.kind.rawValue), UInt8(name.count)] + name + Array(failure.description.utf8)
    }

    private static func decoded(_ bytes: [UInt8]) -> (Failure, host: String) {
        let nameEnd = 2 + Int(bytes[1])
        return (
            Failure(Failure.Kind(rawValue: Int32(bytes[0])) ?? .fault, String(decoding: bytes[nameEnd...], as: UTF8.self)),
            String(decoding: bytes[2..<nameEnd], as: UTF8.self)
        )
    }
}
