import Diagnostics
import Glibc

/// A directory of checkpoints, `step-00001234.safetensors` each, of which the newest few are kept.
///
/// One process writes at a time (rank 0); any number may read. Nothing that ends a writer, a full disk, SIGKILL or a power cut, harms
/// a checkpoint that was complete before.
public struct CheckpointStore: Sendable {
    public let directory: String
    /// How many checkpoints stay.
    public let keep: Int

    /// Touches nothing on disk.
    /// - Precondition: `keep` is 1 or more; 2 or more leave one to fall back to.
    public init(directory: String, keep: Int) {
        require(keep >= 1, "a checkpoint store cannot keep \(keep) checkpoints")
        self.directory = directory
        self.keep = keep
    }

    /// Where the checkpoint of `step` stands or would stand.
    public func path(step: Int) -> String { "\(directory)/\(Self.name(step: step))" }

    /// The steps of which there is a checkpoint, ascending, going by names alone; none if there is no directory.
    /// - Throws: `Failure(.io)` if the directory cannot be listed.
    public func steps() throws(Failure) -> [Int] {
        do { return try Self.steps(in: directory) } catch  where error.kind == .missing { return [] }
    }

    /// Writes the checkpoint of `step` durably (`Checkpoint.write(to:)`), in place of an older one of the same step. Makes the
    /// directory if need be, first deletes what dead writers left half-written, and at last all but the newest `keep` checkpoints.
    ///
    /// The best one gets a second name, `best.safetensors`, under which it stays when it is no longer among the newest. A hard link takes no
    /// room of its own; where the file system has none, the checkpoint is written again.
    ///
    /// Only checkpoints up to `step` are counted and deleted: later ones, left by a run that went on from an earlier point, stay until
    /// the run comes to them. Files that lockstep did not write are never deleted, whatever their names.
    /// - Returns: the path of the new checkpoint.
    /// - Throws: `Failure(.io)`; the checkpoints that were there still are, and no temporary is left.
    /// - Precondition: `step` is 0 or more.
    @discardableResult
    public func write(_ checkpoint: Checkpoint, step: Int, isBest: Bool = false) throws(Failure) -> String {
        require(step >= 0, "a checkpoint cannot be of step \(step)")
        try makeDirectory()
        try DurableReplacement.removeStale(in: directory) { Self.step(ofName: $0) != nil || $0 == Self.bestName }
        let path = path(step: step)
        try checkpoint.write(to: path)
        if isBest { try keepAsBest(checkpoint, step: step) }
        try prune(upTo: step)
        return path
    }

    private func keepAsBest(_ checkpoint: Checkpoint, step: Int) throws(Failure) {
        let temporary = DurableReplacement(path: best).temporaryPath(0)
        unlink(temporary)
        // Renaming one link over another of the same file leaves both: what is left is unlinked.
        defer { unlink(temporary) }
        if link(path(step: step), temporary) != 0 || rename(temporary, best) != 0 { try checkpoint.write(to: best) }
    }

    /// Puts the checkpoints of later steps than `step` aside, under their names with `.superseded` behind, or `.superseded-1` and so on where
    /// there is one already.
    /// - Returns: the paths that they had, and those that they have.
    /// - Throws: `Failure(.io)`.
    public func supersede(after step: Int) throws(Failure) -> [(path: String, kept: String)] {
        var paths = try steps().filter { $0 > step }.map { path(step: $0) }
        // The best one, where it is another name of one of them.
        if paths.contains(where: { Self.isSameFile($0, best) }) { paths.append(best) }
        var superseded: [(path: String, kept: String)] = []
        for path in paths {
            var (kept, number) = ("\(path).superseded", 0)
            while access(kept, F_OK) == 0 {
                number += 1
                kept = "\(path).superseded-\(number)"
            }
            guard rename(path, kept) == 0 else { throw systemFailure("rename", path) }
            superseded.append((path, kept))
        }
        return superseded
    }

    private var best: String { "\(directory)/\(Self.bestName)" }

    private static func isSameFile(_ path: String, _ other: String) -> Bool {
        var (one, two) = (stat(), stat())
        return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_ino == two.st_ino && one.st_dev == two.st_dev
    }

    /// The newest checkpoint that passes all checks, or nil if there is none at all.
    ///
    /// - Parameter warn: called with a sentence for each newer one that does not: which file it is, and what is wrong with it.
    /// - Throws: `Failure(.badData)` if there are checkpoints and none is good, for to begin anew must be the user's own decision;
    ///   `Failure(.io)` if the directory cannot be listed.
    public func newestGood(warn: (String) -> Void) throws(Failure) -> CheckpointFile? {
        let steps = try steps()
        for step in steps.reversed() {
            do {
                return try CheckpointFile(path: path(step: step))
            } catch {
                warn("\(error.description) (trying the one before it)")
            }
        }
        guard steps.isEmpty else {
            throw Failure(
                .badData,
                "none of the \(steps.count) checkpoints in \(directory) is good; restore one from a copy, or move them away to begin anew"
            )
        }
        return nil
    }

    private func makeDirectory() throws(Failure) {
        guard mkdir(directory, 0o777) != 0 else {
            let parent = try OpenFile(reading: Checkpoints.directory(of: directory))
            // As in `DurableReplacement`: without this a power cut could take the whole directory.
            if fsync(parent.descriptor) != 0, errno != EINVAL { throw systemFailure("bring to disk", parent.path) }
            return
        }
        // If it is there but not a directory, listing it fails next and says so.
        if errno != EEXIST { throw systemFailure("make the directory", directory) }
    }

    private func prune(upTo step: Int) throws(Failure) {
        for old in try steps().filter({ $0 < step }).dropLast(keep - 1) {
            let path = path(step: old)
            guard CheckpointFile.isOurs(path) else { continue }
            if unlink(path) != 0, errno != ENOENT {
                throw systemFailure("delete the old checkpoint", path, detail: ", though the one of step \(step) is complete")
            }
        }
    }
}

extension CheckpointStore {
    private static let prefix = "step-"
    private static let suffix = ".safetensors"
    private static let digits = 8
    private static let bestName = "best.safetensors"

    /// `step-00001234.safetensors`: at least eight digits.
    static func name(step: Int) -> String {
        let number = String(step)
        return prefix + String(repeating: "0", count: max(0, digits - number.count)) + number + suffix
    }

    /// The step of a name that `name(step:)` makes; nil for all other names.
    static func step(ofName name: String) -> Int? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        guard let step = Int(name.dropFirst(prefix.count).dropLast(suffix.count)), step >= 0 else { return nil }
        return Self.name(step: step) == name ? step : nil
    }

    /// The steps of the checkpoints in a directory that is there, ascending.
    static func steps(in directory: String) throws(Failure) -> [Int] {
        try names(in: directory).compactMap(step(ofName:)).sorted()
    }
}
