import Diagnostics
import Foundation

/// How a probe's facts come through mpirun: a line for each, among whatever else ranks and mpirun write.
public enum FactLines {
    private static let mark = "lockstep-probe "

    private struct Line: Codable {
        var host: HostFacts?
        var rank: RankFacts?
    }

    public static func line(_ host: HostFacts) throws -> String { try line(Line(host: host)) }
    public static func line(_ rank: RankFacts) throws -> String { try line(Line(rank: rank)) }

    private static func line(_ line: Line) throws -> String { mark + (try canonicalJSON(line)) }

    /// The facts of an output, each host once, and the lines of the output that are none.
    static func read(_ text: String) -> (hosts: [HostFacts], ranks: [RankFacts], words: [String]) {
        var (hosts, ranks, words): ([HostFacts], [RankFacts], [String]) = ([], [], [])
        for line in text.split(whereSeparator: \.isNewline) {
            guard let start = line.range(of: mark) else {
                let said = line.trimmingCharacters(in: .whitespaces)
                if said.contains(where: { $0.isLetter || $0.isNumber }) { words.append(said) }
                continue
            }
            guard let facts = try? JSONDecoder().decode(Line.self, from: Data(line[start.upperBound...].utf8)) else { continue }
            // What a process says later holds more.
            if let host = facts.host {
                if let place = hosts.firstIndex(where: { $0.name == host.name }) { hosts[place] = host } else { hosts.append(host) }
            }
            guard let rank = facts.rank else { continue }
            ranks.removeAll { $0.host == rank.host && $0.process == rank.process }
            ranks.append(rank)
        }
        return (hosts, ranks, words)
    }
}
