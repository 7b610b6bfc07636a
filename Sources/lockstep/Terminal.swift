import Foundation
import Reports

/// Standard output: with a line that is drawn over and over where a person watches, plain lines elsewhere.
final class Terminal {
    let isInteractive: Bool
    /// Lines that the next ones are drawn over: one of progress, or those of a panel.
    private var linesShown = 0
    private let clock = ContinuousClock()
    private var lastShown: ContinuousClock.Instant

    init() {
        lastShown = clock.now
        isInteractive = Self.someoneWatches
    }

    /// Open MPI gives its ranks a pseudo-terminal even where mpirun writes to a file, so under it the launcher's own output decides: a rank
    /// on mpirun's host is its child.
    private static var someoneWatches: Bool {
        guard isatty(STDOUT_FILENO) == 1 else { return false }
        guard getenv("OMPI_COMM_WORLD_SIZE") != nil else { return true }
        let output = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(getppid())/fd/1")
        return output.map { $0.hasPrefix("/dev/pts/") || $0.hasPrefix("/dev/tty") } ?? false
    }

    /// The width of the terminal that standard output is, or of a usual one where it is none.
    static var columns: Int { size.map { Int($0.ws_col) } ?? 100 }
    private static var rows: Int { size.map { Int($0.ws_row) } ?? 25 }

    private static var size: winsize? {
        var size = winsize()
        let isKnown = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return isKnown && size.ws_col > 0 && size.ws_row > 0 ? size : nil
    }

    /// Whether it is time for another line of progress: five times a second on a terminal, every ten seconds elsewhere.
    var isDue: Bool { clock.now - lastShown >= (isInteractive ? .milliseconds(200) : .seconds(10)) }

    /// Shows how far something is: over the last such line on a terminal, as a line of its own elsewhere.
    func progress(_ text: String) {
        lastShown = clock.now
        if isInteractive {
            endProgress()
            write(text)
            linesShown = 1
        } else {
            write(text + "\n")
        }
    }

    func print(_ text: String) {
        lastShown = clock.now
        endProgress()
        write(text + "\n")
    }

    /// Shows several lines over the last such ones, as many and as much of each as the terminal has room for. For terminals alone.
    func panel(_ lines: [String]) {
        let (columns, rows) = (Self.columns, Self.rows)
        var shown = Array(lines.prefix(max(1, rows - 1)))
        if shown.count < lines.count { shown[shown.count - 1] = "… and \(lines.count - shown.count + 1) lines more" }
        endProgress()
        write(shown.map { TerminalWidth.shortened($0, to: columns - 1) }.joined(separator: "\n"))
        linesShown = shown.count
    }

    /// Clears the lines of progress, so that what others write starts on a line of its own.
    func endProgress() {
        if linesShown > 1 { write("\u{1B}[\(linesShown - 1)A") }
        if linesShown > 0 { write("\r\u{1B}[J") }
        linesShown = 0
    }

    private func write(_ text: String) {
        // Where standard output is full or gone, training still goes on.
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}

/// Seconds as people say them: 4.2 s, 3 min 20 s, 2 h 5 min.
func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    if seconds < 60 { return String(format: seconds < 10 ? "%.1f s" : "%.0f s", seconds) }
    let whole = Int(seconds.rounded())
    return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
}

/// `loss 1.2031 accuracy 0.5719`
func lossAndAccuracy(_ loss: Double, _ accuracy: Double) -> String { String(format: "loss %.4f accuracy %.4f", loss, accuracy) }
