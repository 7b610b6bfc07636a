import Diagnostics
import EventLog
import Foundation

/// `metrics.csv`: a line for every so many steps (split `step`), and for every epoch one over its training samples (`train`), one over the
/// images held out (`validation`), where there are any, and one over the test set (`test`). Only rank 0 writes it; every number in it is exact over all ranks.
///
/// `loss_variance`, of the mean losses of an epoch's batches, stands in lines of training; `gradient_norm`, of the step's mean gradient, in
/// lines of steps where each rank has the whole gradient.
final class MetricsLog {
    /// Those of every version, which a log must have to be read.
    static let firstColumns = "epoch,step,split,samples,loss,accuracy,learning_rate,seconds,images_per_second"
    static let header = firstColumns + ",loss_variance,gradient_norm"
    private static let stepColumn = 1
    private let file: AppendedFile

    /// Opens the log for a run that starts or goes on after `step` steps: lines of later steps, which will be taken again, are dropped.
    /// - Throws: `Failure.io`, or `Failure.badData` where the file that is there is no such log: it is left alone.
    init(path: String, resumingAfter step: Int) throws {
        do {
            var lines: [String] = []
            if FileManager.default.fileExists(atPath: path) {
                let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
                lines = text.split(separator: "\n").map(String.init)
                guard lines.isEmpty || lines[0] == Self.header else {
                    throw Failure(
                        .badData, "\(path) is no log of lockstep's: expected '\(Self.header)' as its first line; move it away")
                }
            }
            let kept = lines.dropFirst().filter { line in
                let columns = line.split(separator: ",", omittingEmptySubsequences: false)
                return columns.count == Self.header.split(separator: ",").count
                    && Int(columns[Self.stepColumn]).map { $0 <= step } == true
            }
            let text = Data(([Self.header] + kept).map { $0 + "\n" }.joined().utf8)
            try text.write(to: URL(fileURLWithPath: path), options: .atomic)
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Failure(.io, "\(path) cannot be opened: \(systemText())") }
            file = AppendedFile(path: path, descriptor: descriptor, length: text.count)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.io, "\(path) cannot be read or written: \(reason(error))")
        }
    }

    func flush() throws { try file.flush() }

    /// Adds a line, behind those that could not be written before it.
    ///
    /// - Throws: `Failure.io`.
    func append(_ row: MetricsRow) throws {
        let line =
            "\(row.epoch),\(row.step),\(row.split.rawValue),\(row.samples),\(row.loss),\(row.accuracy),\(row.rate),"
            + String(format: "%.6f,%.1f,", row.seconds, row.speed)
            + [row.lossVariance, row.gradientNorm].map { $0.map { "\($0)" } ?? "" }.joined(separator: ",") + "\n"
        try file.append(Array(line.utf8))
    }
}
