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
    static func isInterruption(_ code: Int32) -> Bool { code > 128 || code == Failure.Kind.io.rawValue || code == 1 }

    /// The last lines of what a run wrote that tell why it ended, and the signal that ended it.
    ///
    /// Open MPI frames its own account of an end by lines of dashes: of one that the run, or its signal, tells there is nothing new in it.
    static func lastWords(of output: String, code: Int32, attempts: Int) -> [String] {
        let lines = output.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        let ours = lines.filter { line in
            line.hasPrefix("error: ") || line.hasPrefix("Error: ") || line.contains("Fatal error: ")
        }
        let often = attempts > 1 ? ", in each of \(attempts) attempts" : ""
        if code > 128 {
            let signal = "ended by signal \(code - 128) (\(String(cString: strsignal(code - 128))))\(often)"
            return (ours.isEmpty ? withoutFrames(lines) : ours).suffix(3) + [signal]
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
