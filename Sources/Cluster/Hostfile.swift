import Diagnostics
import Foundation

/// The hosts of a job, as Open MPI's hostfiles name them: a line for each, with the ranks that it takes, as in `node1 slots=8`.
public struct Hostfile: Sendable, Equatable {
    public struct Host: Sendable, Equatable {
        public let name: String
        /// Nil where the file leaves it to mpirun, which takes the host's cores then.
        public let slots: Int?
    }

    public let path: String
    public let hosts: [Host]
    /// Of one host: more than any has, and far from where the sum over all hosts would overflow.
    private static let mostSlots = 1 << 20

    /// Ranks that the hosts take without sharing cores; nil where the file does not say it of all of them.
    public var slots: Int? {
        hosts.reduce(0 as Int?) { sum, host in sum.flatMap { sum in host.slots.map { sum + $0 } } }
    }

    /// - Throws: `Failure.missing` where the file cannot be read, `Failure.usage` where it names no host or a wrong number of slots.
    public init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.missing, "the hostfile \(path) cannot be read")
        }
        try self.init(path: path, text: String(decoding: data, as: UTF8.self))
    }

    init(path: String, text: String) throws {
        self.path = path
        hosts = try text.split(separator: "\n").compactMap { line in
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard let name = words.first else { return nil }
            let given = words.dropFirst().first { $0.hasPrefix("slots=") }?.dropFirst("slots=".count)
            let slots = given.flatMap { Int($0) }
            guard given == nil || (1...Self.mostSlots).contains(slots ?? 0) else {
                throw Failure(
                    .usage, "\(path): found slots=\(given ?? "") at \(name), expected a number from 1 to \(Self.mostSlots)")
            }
            return Host(name: String(name), slots: slots)
        }
        guard !hosts.isEmpty else {
            throw Failure(.usage, "\(path) names no host: a line for each is expected, as in 'node1 slots=8'")
        }
    }
}
