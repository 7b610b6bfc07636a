import Diagnostics
import Foundation
import Recorder

extension RunDirectory {
    /// Writes `failure.json`, unless another rank was first.
    ///
    /// - Parameters:
    ///   - sights: of all ranks, which the report describes.
    ///   - tell: called with the reason and a line for each rank, where this is the first.
    /// - Returns: whether it is.
    @discardableResult
    func reportFailure(
        _ diagnosis: Diagnosis, sights: [RankSight], exitCode: Int32, tell: (String) -> Void = { _ in }
    ) -> Bool {
        let report = FailureReport(diagnosis, sights: sights, exitCode: exitCode, at: Self.now())
        // Where the directory is gone or full, what happened is told all the same.
        let isFirst = (try? report.write(to: failure)) ?? true
        if isFirst { tell(report.table) }
        return isFirst
    }

    /// Puts the report of an earlier start aside, as `failure-1.json` and so on.
    func putFailureAside() throws {
        guard FileManager.default.fileExists(atPath: failure) else { return }
        var number = 1
        while FileManager.default.fileExists(atPath: "\(path)/failure-\(number).json") { number += 1 }
        guard rename(failure, "\(path)/failure-\(number).json") == 0 else {
            throw Failure(.io, "\(failure) cannot be renamed: \(systemText())")
        }
    }

    /// CLOCK_REALTIME in nanoseconds, as flight records have it.
    static func now() -> UInt64 { UInt64(Date().timeIntervalSince1970 * 1e9) }
}
