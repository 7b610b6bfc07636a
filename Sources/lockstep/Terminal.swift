import Foundation

/// Standard output: with a line that is drawn over and over where a person watches, plain lines elsewhere.
final class Terminal {
    let isInteractive: Bool
    private var progressIsShown = false
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

    /// Whether it is time for another line of progress: five times a second on a terminal, every ten seconds elsewhere.
    var isDue: Bool { clock.now - lastShown >= (isInteractive ? .milliseconds(200) : .seconds(10)) }

    /// Shows how far something is: over the last such line on a terminal, as a line of its own elsewhere.
    func progress(_ text: String) {
        lastShown = clock.now
        if isInteractive {
            write("\r\u{1B}[2K" + text)
            progressIsShown = true
        } else {
            write(text + "\n")
        }
    }

    func print(_ text: String) {
        lastShown = clock.now
        endProgress()
        write(text + "\n")
    }

    /// Clears the line of progress, so that what others write starts on a line of its own.
    func endProgress() {
        if progressIsShown { write("\r\u{1B}[2K") }
        progressIsShown = false
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

/// `text`, filled up with spaces behind it, or in front of it.
func padded(_ text: String, to width: Int, left: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? space + text : text + space
}
