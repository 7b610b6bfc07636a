import Cluster
import Diagnostics
import Foundation

/// How a trial's run ended.
struct TrialEnd: Sendable, Equatable, Codable {
    /// mpirun's exit code.
    let code: Int32
    /// What the run said last, where it did not end well.
    let words: [String]
    /// Of this start alone, where the run was taken up.
    let seconds: Double
    let host: String

    var isInterruption: Bool { Self.isInterruption(code) }

    /// Whether a run ended for a reason that lies around it and may pass: a signal, a disk, or what told mpirun to end, which then says 1
    /// and nothing else does.
    static func isInterruption(_ code: Int32) -> Bool {
        signal(of: code) != nil || code == Failure.Kind.io.rawValue || code == 1
    }

    /// Of ranks that did not end well: how they ended, in their own last words.
    static func failure(of launch: RankLaunch, code: Int32, output: String) -> Failure {
        Failure(
            Failure.Kind(rawValue: code) ?? .fault,
            "\(launch.ranks) rank\(launch.ranks == 1 ? "" : "s") ended with exit code \(code): "
                + "\(lastWords(of: output, code: code).joined(separator: " ")) (\(output))")
    }

    /// Linux has 64 signals; mpirun and shells say 128 more.
    private static func signal(of code: Int32) -> Int32? { (129...192).contains(code) ? code - 128 : nil }

    /// The last lines of what a run wrote that tell why it ended, and the signal that ended it.
    ///
    /// Open MPI frames its own account of an end by lines of dashes: where the run, or its signal, tells the end there is nothing new in it.
    /// - Parameter output: the file of what it wrote.
    static func lastWords(of output: String, code: Int32, attempts: Int = 1) -> [String] {
        let text = FileManager.default.contents(atPath: output).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        let ours = lines.filter { line in
            line.hasPrefix("error: ") || line.hasPrefix("Error: ") || line.contains("Fatal error: ")
        }
        let often = attempts > 1 ? ", in each of \(attempts) attempts" : ""
        if let signal = signal(of: code) {
            let told = "ended by signal \(signal) (\(String(cString: strsignal(signal))))\(often)"
            return (ours.isEmpty ? withoutFrames(lines) : ours).suffix(3) + [told]
        }
        return Array(ours.isEmpty ? lines.filter { !isFrame($0) }.suffix(5) : ours.suffix(3))
    }

    private static func withoutFrames(_ lines: [String]) -> [String] {
        var isInside = false
        return lines.filter { line in
            if isFrame(line) { isInside.toggle() }
            return !isInside && !isFrame(line)
        }
    }

    private static func isFrame(_ line: String) -> Bool { line.count >= 20 && line.allSatisfy { $0 == "-" } }
}
