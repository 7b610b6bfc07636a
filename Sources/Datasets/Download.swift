import Diagnostics
import Foundation

/// Fetches a data set's official files: transferred, checked by length and MD5, and only then unpacked.
///
/// A file is received as `NAME.partial` and takes its name once it is whole and right, so that a broken transfer goes on where it stopped
/// and what was there before is never touched.
public enum Download {
    /// Brings all files of an entry into a directory, which is made where it is not there.
    ///
    /// Files that are there and right are not fetched again, nor is an archive whose contents are; an archive that was copied there by
    /// hand is checked and unpacked. Archives stay beside what was unpacked from them.
    ///
    /// - Parameters:
    ///   - mirror: takes the place of the official address; the file's name is appended. `file:` addresses work too.
    ///   - progress: called with (bytes there, bytes in all) of the entry.
    ///
    /// Throws: `.badData` for a wrong length, checksum or archive, also of a file that was there before; `.missing` where `curl` is not
    /// installed; `.io` where the transfer fails (with curl's own message) or the disk does.
    public static func fetch(
        _ entry: Catalogue.Entry, into directory: String, mirror: URL? = nil,
        progress: (_ received: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        try fetch(entry, into: directory, mirror: mirror, transfer: Curl(), progress: progress)
    }

    static func fetch(
        _ entry: Catalogue.Entry, into directory: String, mirror: URL?, transfer: Curl, progress: (Int, Int) -> Void
    ) throws {
        try DurableDirectory.makeDirectories(directory)
        var before = 0
        progress(0, entry.length)
        for file in entry.files {
            let item = Item(file: file, directory: directory)
            if try !item.isUnpacked() {
                if try !item.isThere() {
                    try item.receive(from: mirror, transfer) { progress(before + $0, entry.length) }
                }
                try item.unpack()
            }
            before += file.length
            progress(before, entry.length)
        }
    }

    /// One file of an entry and its place on disk.
    private struct Item {
        let file: Catalogue.RemoteFile
        let directory: String

        private var path: String { join(directory, file.name) }
        private var partial: String { path + ".partial" }

        /// Whether the archive's members are all there, at their lengths.
        ///
        /// Throws: `.badData` where only some are, for then unpacking would have to overwrite.
        func isUnpacked() throws -> Bool {
            if file.members.isEmpty { return false }
            let missing = file.members.filter { member in
                guard let length = fileLength(join(directory, member.path)) else { return true }
                return member.length.map { $0 != length } ?? false
            }
            if missing.isEmpty { return true }
            let folder = join(directory, ArchiveContents.folder(of: file.members))
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            guard names.isEmpty else {
                throw Failure(
                    .badData,
                    "\(folder): is there, but not whole: \(missing[0].path) is missing or of another length. It is left as it is: "
                        + "move it away, then fetch again")
            }
            return false
        }

        /// Whether the file itself is there and right.
        ///
        /// Throws: `.badData` where another file has its name.
        func isThere() throws -> Bool {
            guard fileLength(path) != nil else { return false }
            if let fault = try fault(of: path) {
                throw Failure(
                    .badData,
                    "\(path): is there already, but is not the official file: \(fault). It is left as it is: move it away, "
                        + "or use another directory")
            }
            return true
        }

        func receive(from mirror: URL?, _ transfer: Curl, progress: (Int) -> Void) throws {
            // A partial that cannot become the file is begun anew; a complete one only needs its check.
            if let length = fileLength(partial), length > file.length { try remove(partial) }
            if fileLength(partial) != file.length {
                try transfer.receive(address(mirror), into: partial) { progress(min($0, file.length)) }
            }
            if let fault = try fault(of: partial) {
                try remove(partial)
                throw Failure(
                    .badData,
                    "\(address(mirror)): what was received is not the official file: \(fault). It was deleted; try again, "
                        + "or another mirror")
            }
            guard rename(partial, path) == 0 else {
                throw Failure(.io, "\(partial): cannot be renamed to \(file.name): \(systemText())")
            }
            try DurableDirectory.synchronise(directory: directory)
        }

        func unpack() throws {
            if file.members.isEmpty { return }
            try ArchiveContents.unpack(path, members: file.members, into: directory)
        }

        private func address(_ mirror: URL?) -> String { join(mirror?.absoluteString ?? file.base, file.name) }

        /// What is wrong with a file, or nil.
        private func fault(of path: String) throws -> String? {
            let length = fileLength(path) ?? 0
            guard length == file.length else { return "found \(length.bytes), expected \(file.length.grouped)" }
            let md5 = try Checksums.md5(ofFile: path)
            return md5 == file.md5 ? nil : "found MD5 \(md5), expected \(file.md5)"
        }

        private func remove(_ path: String) throws {
            guard unlink(path) == 0 else { throw Failure(.io, "\(path): cannot be deleted: \(systemText())") }
        }
    }
}

/// A regular file's length in bytes, or nil where there is none.
func fileLength(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
}
