import Diagnostics
import Foundation
import SwiftProtobuf

/// An event file of TensorBoard's: records of what a run tells, step by step.
///
/// A run that goes on begins a new file beside the older ones, and voids in them what is later than where it goes on. Every record reaches
/// the system by one call, so that whoever reads along finds whole ones, and what ends the process loses none.
public final class EventFile {
    /// `events.out.tfevents.SECONDS.HOST.PROCESS`: TensorBoard knows event files by the beginning, and reads them in the order of their names.
    public let path: String
    private let file: AppendedFile
    private let clock: () -> Double

    /// Makes the file. Its seconds are those of the clock, or more where an older file has as many: it is to be read last.
    ///
    /// - Parameters:
    ///   - step: the steps that were taken before; what older files in the directory hold of later ones is void.
    ///   - clock: seconds since 1970.
    /// - Throws: `Failure.io`.
    public convenience init(
        directory: String, host: String, goingOnAfter step: Int,
        clock: @escaping () -> Double = { Date().timeIntervalSince1970 }
    ) throws {
        let others: [String]
        do {
            others = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw Failure(.io, "\(directory) cannot be listed, to begin an event file in it")
        }
        let latest = others.compactMap(Self.seconds).max()
        let seconds = max(Int(clock()), latest.map { $0 + 1 } ?? 0)
        let name = String(host.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." ? $0 : "-" })
        let path = "\(directory)/\(Self.prefix)\(String(format: "%010d", seconds)).\(name).\(getpid())"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Failure(.io, "\(path) cannot be made: \(systemText())") }
        try self.init(path: path, descriptor: descriptor, goingOnAfter: step, clock: clock)
    }

    /// Begins a file that is open; it is this object's from now on.
    init(path: String, descriptor: Int32, goingOnAfter step: Int, clock: @escaping () -> Double) throws {
        (self.path, self.clock) = (path, clock)
        file = AppendedFile(path: path, descriptor: descriptor)
        try write(
            .with { event in
                event.fileVersion = "brain.Event:2"
                event.sourceMetadata.writer = "lockstep"
            })
        try write(
            .with { event in
                event.step = Int64(step + 1)
                event.sessionLog.status = .start
            })
    }

    private static let prefix = "events.out.tfevents."

    /// The seconds in an event file's name; nil where it is none.
    private static func seconds(_ name: String) -> Int? {
        guard name.hasPrefix(prefix) else { return nil }
        return Int(name.dropFirst(prefix.count).prefix { $0 != "." })
    }

    /// Adds what is to be told of `step`, the number of steps taken.
    /// - Throws: `Failure.io`.
    public func append(_ values: [EventValue], step: Int) throws {
        try write(
            .with { event in
                event.step = Int64(step)
                event.summary.value = values.map(\.message)
            })
    }

    /// Says what the run's settings are, and which scalars to compare runs by.
    /// - Throws: `Failure.io`.
    public func appendSettings(_ parameters: [String: HyperParameter], metrics: [ShownMetric]) throws {
        let now = clock()
        let experiment = HyperParameterMessages.experiment(parameters, metrics: metrics, at: now)
        try append([.hyperParameters("experiment", experiment)], step: 0)
        try append([.hyperParameters("session_start_info", HyperParameterMessages.start(parameters, at: now))], step: 0)
    }

    /// Says that the run has ended.
    /// - Throws: `Failure.io`.
    public func append(_ end: SessionEnd) throws {
        try append([.hyperParameters("session_end_info", HyperParameterMessages.end(end, at: clock()))], step: 0)
    }

    /// Tries once more to write what could not be written.
    /// - Throws: `Failure.io`.
    public func flush() throws { try file.flush() }

    private func write(_ message: TensorBoardEvent) throws {
        var event = message
        event.wallTime = clock()
        try file.append(RecordFrame.frame(try event.serializedBytes(options: .deterministic)))
    }
}
