import Cluster
import Diagnostics
import Foundation

/// How a trial's run ended.
struct TrialEnd: Sendable, Equatable, Codable {
    /// mpirun's exit code.
    let code: Int32
    /// The last lines of what the run wrote, where it did not end well.
    let words: [String]
    /// Of this start alone, where the run was taken up.
    let seconds: Double
    let host: String

    /// Of ranks that did not end well: how they ended, in their own last words.
    static func failure(of launch: RankLaunch, code: Int32, output: String) -> Failure {
        Failure(
            Failure.Kind(rawValue: code) ?? .fault,
            "\(launch.ranks) rank\(launch.ranks == 1 ? "" : "s") ended with exit code \(code): "
                + "\(lastWords(of: output).joined(separator: " ")) (\(output))")
    }

    static func lastWords(of output: String) -> [String] {
        let text = (FileManager.default.contents(atPath: output)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = text.split(separator: "\n").map(String.init)
        // Open MPI frames its own account of an end that the run has told already.
        let ours = lines.filter { line in line.hasPrefix("error: ") || line.hasPrefix("Error: ") }
        return ours.isEmpty ? Array(lines.suffix(5)) : Array(ours.suffix(3))
    }
}
