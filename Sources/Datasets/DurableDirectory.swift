import Diagnostics
import Foundation

/// Directories that appear under their name whole or not at all.
enum DurableDirectory {
    /// Makes `path` by filling a new sibling directory and renaming it once all of it is on disk.
    ///
    /// Where `fill` throws, the sibling is removed and nothing else has changed. Directories above `path` are made as needed.
    /// Throws: `.io`, also where `path` exists and is not an empty directory; and what `fill` throws.
    static func create(at path: String, fill: (_ unfinished: String) throws -> Void) throws {
        let target = URL(fileURLWithPath: path).standardizedFileURL
        let parent = target.deletingLastPathComponent().path
        try makeDirectories(parent)
        let unfinished = join(parent, ".\(target.lastPathComponent).unfinished-\(UUID().uuidString)")
        guard mkdir(unfinished, 0o777) == 0 else {
            throw Failure(.io, "\(unfinished): cannot be made: \(systemText())")
        }
        do {
            try fill(unfinished)
            try synchronise(directory: unfinished)
            guard rename(unfinished, target.path) == 0 else {
                throw Failure(
                    .io,
                    "\(target.path): cannot be put in place: \(systemText()); expected no such directory, or an empty one. "
                        + "Move away what is there")
            }
        } catch {
            // The first error is the one to tell; a left-over that cannot be removed is only litter.
            try? FileManager.default.removeItem(atPath: unfinished)
            throw error
        }
        try synchronise(directory: parent)
    }

    /// Makes a directory and those above it, where they are not there yet.
    static func makeDirectories(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Failure(.io, "\(path): the directory cannot be made: \(reason(error))")
        }
    }

    /// Writes a directory's entries (new names, renames) to disk.
    static func synchronise(directory: String) throws {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.io, "\(directory): cannot be opened: \(systemText())") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure(.io, "\(directory): cannot be written to disk: \(systemText())") }
    }
}
