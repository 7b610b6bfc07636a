import Diagnostics
import Glibc

/// Replaces a file by a new one so that a reader, a crash or a power cut at any moment sees one of the two, whole.
///
/// A temporary file in the same directory is written, brought to disk and renamed over the old one; then the directory is brought
/// to disk. The temporary is named `.NAME.PID-NUMBER.temporary` and locked (flock) as long as its writer lives: the kernel frees the
/// lock when the writer dies in whatever way, so that whoever can take it knows the writer to be dead; a process number, which may
/// have been given anew or belong to another host, would not tell.
struct DurableReplacement {
    let path: String
    private let directory: String
    private let name: String

    init(path: String) {
        self.path = path
        directory = Checkpoints.directory(of: path)
        name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// Calls `contents` with the temporary, then puts it at `path`.
    ///
    /// - Throws: what `contents` throws, or `Failure(.io)`. Then the temporary is gone and what was at `path` is there, unless the
    ///   directory's own fsync failed: the new file is in place then, and the message says so.
    func write(_ contents: (borrowing OpenFile) throws(Failure) -> Void) throws(Failure) {
        let file = try temporary()
        do throws(Failure) {
            try contents(file)
            try file.synchronize()
            guard rename(file.path, path) == 0 else { throw systemFailure("put a new file at", path) }
        } catch {
            unlink(file.path)
            throw error
        }
        let parent = try OpenFile(reading: directory)
        // Some network file systems have no fsync for directories (EINVAL): nothing more can be done there.
        if fsync(parent.descriptor) != 0, errno != EINVAL {
            throw systemFailure("bring to disk the directory", directory, detail: ", though \(path) is in place")
        }
    }

    /// A new temporary that no one else uses, locked where the file system has locks.
    private func temporary() throws(Failure) -> OpenFile {
        for number in 0..<Self.attempts {
            guard let file = try OpenFile(creating: temporaryPath(number)) else { continue }
            // Between its making and its locking, another writer may have taken it for a dead one's: then it has no name any more.
            _ = file.lock()
            if try file.status().st_nlink > 0 { return file }
        }
        throw Failure(.io, "cannot create a temporary file in \(directory): \(Self.attempts) of them are there; delete them")
    }

    func temporaryPath(_ number: Int) -> String { "\(directory)/.\(name).\(getpid())-\(number)\(Self.suffix)" }

    private static let attempts = 100
    private static let suffix = ".temporary"

    /// Deletes temporaries whose writer is dead, of files in `directory` whose name satisfies `concerns`.
    ///
    /// What cannot be locked or deleted stays: it takes room, and harms nothing else.
    static func removeStale(in directory: String, where concerns: (String) -> Bool) throws(Failure) {
        for entry in try names(in: directory) {
            guard let name = target(ofTemporary: entry), concerns(name) else { continue }
            let path = "\(directory)/\(entry)"
            // A live writer may have renamed it since it was listed: no fault.
            // NFS locks only what is open for writing.
            guard let file = try? OpenFile(writing: path), file.lock() else { continue }
            unlink(path)
        }
    }

    /// NAME of `.NAME.PID-NUMBER.temporary`; nil for all other names.
    static func target(ofTemporary entry: String) -> String? {
        guard entry.hasPrefix("."), entry.hasSuffix(suffix) else { return nil }
        let middle = entry.dropFirst().dropLast(suffix.count)
        guard let dot = middle.lastIndex(of: ".") else { return nil }
        let writer = middle[middle.index(after: dot)...].split(separator: "-", omittingEmptySubsequences: false)
        guard writer.count == 2, writer.allSatisfy({ Int32($0) != nil }) else { return nil }
        return String(middle[..<dot])
    }
}
