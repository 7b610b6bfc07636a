import Diagnostics
import Foundation

/// What a folder holds: regular files and folders, each sorted by the bytes of their names, so that the order is the same everywhere.
///
/// Links count as what they lead to; one that leads nowhere counts as a file. What has a name that begins with a dot is left
/// out (folders of tools, and the shadow files of macOS), and so is what is neither a file nor a folder.
struct FolderListing {
    private(set) var files: [String] = []
    private(set) var folders: [String] = []
    /// Folders among `folders` that are links.
    private(set) var links: Set<String> = []

    /// Throws: `.missing` where there is no such folder, `.io` where it cannot be read.
    init(_ path: String) throws {
        guard let stream = opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { throw Failure(.missing, "\(path): no such folder; expected one of images") }
            throw Failure(.io, "\(path): cannot be listed: \(systemText())")
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) { String(cString: $0) }
            }
            add(name, type: Int(entry.pointee.d_type), in: path)
        }
        guard errno == 0 else { throw Failure(.io, "\(path): cannot be listed: \(systemText())") }
        files.sort(by: Self.areInOrder)
        folders.sort(by: Self.areInOrder)
    }

    static func areInOrder(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    private mutating func add(_ name: String, type: Int, in path: String) {
        var status = stat()
        // Only links, and file systems that do not tell, need another look.
        let mode =
            switch type {
            case Int(DT_REG): S_IFREG
            case Int(DT_DIR): S_IFDIR
            default: stat(join(path, name), &status) == 0 ? status.st_mode : S_IFREG
            }
        switch mode & S_IFMT {
        case S_IFREG where !name.hasPrefix("."): files.append(name)
        case S_IFDIR where !name.hasPrefix("."):
            folders.append(name)
            if type == Int(DT_LNK) { links.insert(name) }
        default: break
        }
    }

    /// The paths of all files in a folder and in those below it, in the order of their names; linked folders below it are not followed.
    static func allFiles(below path: String) throws -> [String] {
        let listing = try FolderListing(path)
        let below = try listing.folders.filter { !listing.links.contains($0) }.flatMap { try allFiles(below: join(path, $0)) }
        return listing.files.map { join(path, $0) } + below
    }
}
