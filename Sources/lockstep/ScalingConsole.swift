import Foundation
import Scaling
import Studies

/// Tells how a scaling measurement goes, and what it found.
struct ScalingConsole {
    private let terminal = Terminal()

    func measured(_ progress: ScalingMeasurement.Progress) { terminal.print(Self.words(progress)) }

    static func words(_ progress: ScalingMeasurement.Progress) -> String {
        let ranks = "\(progress.ranks) \(progress.areCopies ? "independent cop" : "rank")"
        let plural = progress.areCopies ? (progress.ranks == 1 ? "y" : "ies") : (progress.ranks == 1 ? "" : "s")
        return "\(progress.turn): \(ranks)\(plural), batch \(progress.globalBatch) in \(progress.microBatches): "
            + "\(rounded(progress.imagesPerSecond, 1)) images/s"
    }

    func warn(_ problem: String) { terminal.print("no prediction: \(problem)") }

    func ended(_ record: ScalingRecord, in directory: ScalingDirectory) {
        terminal.print("")
        ScalingPage(record).text(columns: Terminal.columns).forEach { terminal.print($0) }
        terminal.print(directory.page)
    }
}
