import Cluster
import Diagnostics
import Foundation
import Scaling
import Statistics

/// Sums over ranks by Lockstep's own exchange, as `lockstep bench allreduce` measures them on the hosts of a job: what a network is fitted to.
struct NetworkMeasurement {
    /// Nil for this host alone.
    let hosts: Hostfile?
    let binding: RankBinding
    /// Whether computing is to be slept, on hosts that may share cores.
    let isSlept: Bool
    /// The file that takes what the ranks write.
    let output: String

    /// Two hosts with a rank each tell of the link, four (or three, where there are no more) what each message and each sum adds to it, two ranks
    /// of a host the memory that they share.
    ///
    /// - Parameter counts: of hosts whose steps are to be predicted, which are asked too, with a rank each.
    /// - Throws: `Failure` with the last words of ranks that did not end well.
    func times(nodes counts: Set<Int>) throws -> [AllReduceTime] {
        var times: [AllReduceTime] = []
        if let hosts {
            for nodes in counts.union([2, min(4, hosts.hosts.count)]).sorted() where nodes > 1 && nodes <= hosts.hosts.count {
                times += try sums(nodes: nodes, ranksPerNode: 1)
            }
        }
        let coresOfOne = hosts.map { $0.hosts.first?.slots ?? 1 } ?? Cores.physical
        if coresOfOne > 1 { times += try sums(nodes: 1, ranksPerNode: 2) }
        return times
    }

    /// Buckets are about a megabyte, or less.
    private static let options = ["--smallest", "4096", "--largest", "4194304", "--seconds", "0.3", "--ours-alone", "--json"]

    private func sums(nodes: Int, ranksPerNode: Int) throws -> [AllReduceTime] {
        let launch = RankLaunch(
            ranks: nodes * ranksPerNode, arguments: ["bench", "allreduce"] + Self.options + (isSlept ? ["--slept"] : []),
            hosts: hosts, ranksPerHost: ranksPerNode,
            binding: binding)
        let code = try launch.run(output: output)
        guard code == 0 else { throw TrialEnd.failure(of: launch, code: code, output: output) }
        let lines = String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self).split(separator: "\n")
        return lines.compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
            .compactMap { line in
                line.seconds["median"].map {
                    AllReduceTime(ranks: line.ranks, nodes: nodes, bytes: line.bytes, seconds: $0, core: line.seconds["core"])
                }
            }
    }

    /// Of a line of `bench allreduce --json`, what is asked for here.
    private struct Line: Decodable {
        let ranks: Int
        let bytes: Int
        let seconds: [String: Double]
    }
}
