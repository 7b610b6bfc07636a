import Diagnostics
import Foundation
import Training

/// The directory of a study and what stands where in it: `study.json`, `study.csv`, `study.html`, and of each trial a recipe, a run directory,
/// its claims, its output and how it ended.
public struct StudyDirectory: Sendable, Equatable {
    /// Absolute, so that a run of it is known by its command line.
    public let path: String

    public init(path: String) { self.path = URL(fileURLWithPath: path).standardizedFileURL.path }

    public var description: String { "\(path)/study.json" }
    public var holdsStudy: Bool { FileManager.default.fileExists(atPath: description) }
    public var table: String { "\(path)/study.csv" }
    public var page: String { "\(path)/study.html" }
    public func run(_ trial: Trial) -> RunDirectory { RunDirectory(path: "\(path)/trials/\(trial.name)") }
    func recipe(_ trial: Trial) -> String { "\(path)/recipes/\(trial.name).json" }
    func output(_ trial: Trial) -> String { "\(path)/output/\(trial.name).txt" }
    func end(_ trial: Trial) -> String { "\(path)/ends/\(trial.name).json" }
    var claims: String { "\(path)/claims" }

    /// Joins a study, or begins it: in `given`, or in the first of `studies/NAME-1`, `studies/NAME-2`, … that is this very study or not there
    /// yet. So the same command goes on with what it began, on whatever host.
    ///
    /// - Parameter ranksPerTrial: one number for all trials, since the order of sums may depend on it.
    /// - Throws: `Failure.usage` where the given directory holds another study, or the study has another number of ranks per trial;
    ///   `Failure.badData` where what the given one holds cannot be read; `Failure.io` where it cannot be made.
    public static func join(
        _ study: Study, at given: String?, command: [String], ranksPerTrial: Int, in parent: String = "studies"
    ) throws -> StudyDirectory {
        let wanted = StudyRecord(study: study, command: command, ranksPerTrial: ranksPerTrial, results: nil)
        if let given {
            let directory = StudyDirectory(path: given)
            try directory.begin(wanted)
            guard try directory.record().study.isSame(as: study) else {
                throw Failure(
                    .usage, "\(directory.path) holds another study, or the same one with other settings: give another --directory")
            }
            try directory.checkRanks(ranksPerTrial)
            return directory
        }
        for number in 1... {
            let directory = StudyDirectory(path: "\(parent)/\(study.name)-\(number)")
            try directory.begin(wanted)
            // One that another lockstep wrote, or that is damaged, is another study's.
            guard let record = try? directory.record(), record.study.isSame(as: study) else { continue }
            try directory.checkRanks(ranksPerTrial)
            return directory
        }
        fault("there are more directories than numbers")
    }

    /// Makes the directory this study's where it is nobody's.
    private func begin(_ record: StudyRecord) throws {
        guard !holdsStudy else { return }
        for name in ["trials", "recipes", "output", "ends", "claims"] { try make("\(path)/\(name)") }
        try record.encoded().writeExclusively(to: description)
    }

    private func checkRanks(_ wanted: Int) throws {
        guard let known = try record().ranksPerTrial, known != wanted else { return }
        throw Failure(
            .usage,
            "--ranks-per-trial: found \(wanted), but \(path) holds this study with \(known): give \(known) to join it, or another "
                + "--directory for a study of its own")
    }

    /// Lets trials that ended by a signal or by a fault of a disk, which may have passed, be tried once more.
    func forgetInterruptions(of study: Study) throws {
        for trial in study.trials where end(of: trial)?.isInterruption ?? false {
            guard unlink(end(trial)) == 0 || errno == ENOENT else {
                throw Failure(.io, "\(end(trial)) cannot be removed: \(systemText())")
            }
        }
    }

    /// How a trial ended; nil where it has not.
    func end(of trial: Trial) -> TrialEnd? {
        FileManager.default.contents(atPath: end(trial)).flatMap { try? JSONDecoder().decode(TrialEnd.self, from: $0) }
    }

    /// What has come of a study's trials so far, whether any process works on it or not.
    public func outcomes(of study: Study) throws -> [TrialOutcome] {
        let watch = StudyWatch(study, in: self)
        _ = try watch.look(Claims(directory: claims), workers: 1)
        return watch.outcomes
    }

    /// What `study.json` says.
    public func record() throws -> StudyRecord {
        guard let data = FileManager.default.contents(atPath: description) else {
            throw Failure(.missing, "\(path) is no study: it holds no study.json")
        }
        do { return try JSONDecoder().decode(StudyRecord.self, from: data) } catch {
            throw Failure(
                .badData,
                "\(description) is no study of this lockstep: \((error as? DecodingError)?.explanation ?? String(describing: error)); "
                    + "give another --directory for a new study")
        }
    }

    private func make(_ directory: String) throws {
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw Failure(.io, "study directory \(directory) cannot be made: \(reason(error))")
        }
    }
}

/// `study.json`: the study, the command that began it, and what has come of its trials.
public struct StudyRecord: Sendable, Equatable, Codable {
    public let study: Study
    public let command: [String]
    /// Nil of one that an earlier lockstep began.
    public let ranksPerTrial: Int?
    public var results: [ResultRow]?

    func encoded() throws -> Data { try encodedJSON(self) }
}

extension Data {
    /// Makes a file that is there with all of its contents or not at all.
    ///
    /// A file under a name of its own gets the wanted one by link(2), which fails where that is taken: exclusive like O_EXCL, on shared
    /// folders too, but nobody sees a file that is still being written.
    /// - Returns: false where the file was there already.
    /// - Throws: `Failure.io` where it cannot be written.
    @discardableResult func writeExclusively(to path: String) throws -> Bool {
        let draft = "\(path).\(UUID().uuidString)"
        defer { unlink(draft) }
        do { try write(to: URL(fileURLWithPath: draft)) } catch {
            throw Failure(.io, "\(draft) cannot be written: \(reason(error))")
        }
        if link(draft, path) == 0 { return true }
        let code = errno
        // On NFS a link that was made may be told as one that was there, when the answer was lost and the question asked again (link(2)).
        var found = stat()
        if stat(draft, &found) == 0, found.st_nlink == 2 { return true }
        guard code == EEXIST else { throw Failure(.io, "\(path) cannot be made: \(systemText(code))") }
        return false
    }
}
