import Diagnostics
import Foundation
import Reports
import Scaling

/// The directory of a scaling measurement: `scaling.json` and its page `scaling.html`, and of each job its recipe, its records, its output and a run directory.
public struct ScalingDirectory: Sendable {
    public let path: String

    public var description: String { "\(path)/scaling.json" }
    public var page: String { "\(path)/scaling.html" }
    func recipe(_ name: String) -> String { "\(path)/recipes/\(name).json" }
    func record(_ name: String, turn: Int) -> String { "\(path)/records/\(name)-turn-\(turn).json" }
    func computing(_ name: String) -> String { "\(path)/records/\(name)-computing.json" }
    func output(_ name: String) -> String { "\(path)/output/\(name).txt" }
    func run(_ name: String) -> String { "\(path)/runs/\(name)" }

    /// Makes it: where it is told to be, or the first of `scaling/NAME-1`, `scaling/NAME-2`, … that is free.
    ///
    /// - Throws: `Failure.usage` where the given one holds a measurement already, `Failure.io` where it cannot be made.
    public static func make(at given: String?, named name: String, in parent: String = "scaling") throws -> ScalingDirectory {
        if let given {
            let directory = ScalingDirectory(path: given)
            guard !FileManager.default.fileExists(atPath: directory.description) else {
                throw Failure(.usage, "\(given) already holds a scaling measurement: give another --directory")
            }
            try directory.makeFolders()
            return directory
        }
        let plain = String(name.prefix(64).map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "-" })
        for number in 1... {
            let directory = ScalingDirectory(path: "\(parent)/\(plain)-\(number)")
            guard !FileManager.default.fileExists(atPath: directory.path) else { continue }
            try directory.makeFolders()
            return directory
        }
        fault("there are more directories than numbers")
    }

    private func makeFolders() throws {
        for name in ["recipes", "records", "output", "runs"] {
            do { try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true) } catch {
                throw Failure(.io, "\(path)/\(name) cannot be made: \(reason(error))")
            }
        }
    }

    /// Replaces `scaling.json` and its page, each at once.
    public func write(_ record: ScalingRecord) throws {
        try encodedJSON(record).writeReplacing(description)
        try Data(ScalingPage(record).page.html().utf8).writeReplacing(page)
    }
}
