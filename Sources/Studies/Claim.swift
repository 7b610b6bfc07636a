import Cluster
import Foundation

/// A trial that this process has taken: `TRIAL.NUMBER` in the directory of claims.
final class Claim: Sendable {
    let trial: String
    let number: Int
    /// Ends the job that runs under this claim.
    let ending = JobEnding()
    private let directory: String

    init(_ trial: String, _ number: Int, in directory: String) {
        (self.trial, self.number, self.directory) = (trial, number, directory)
    }

    var path: String { Self.path(trial, number, in: directory) }

    /// Whether a higher claim exists: its owner has taken this one for dead, and has the trial now.
    var isLost: Bool { FileManager.default.fileExists(atPath: Self.path(trial, number + 1, in: directory)) }

    /// Whether the trial's run, its directory and its end are still this process's to write.
    var isGood: Bool { !ending.isAsked && !isLost }

    static func path(_ trial: String, _ number: Int, in directory: String) -> String { "\(directory)/\(trial).\(number)" }
}
