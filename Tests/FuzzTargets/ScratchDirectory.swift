import Diagnostics
import Foundation

/// A directory in memory, of this process alone, in which parsers find the files that they open by a path.
final class ScratchDirectory: Sendable {
    /// One for all inputs: making and removing directories would take longer than most parsers do.
    static let shared = ScratchDirectory()

    let path: String

    private init() {
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()
        path = "\(parent)/lockstep-fuzz-\(getpid())"
        require(mkdir(path, 0o700) == 0 || errno == EEXIST, "\(path) cannot be made")
        atexit {
            do { try FileManager.default.removeItem(atPath: ScratchDirectory.shared.path) } catch {
                print("\(ScratchDirectory.shared.path) cannot be removed: \(error)")
            }
        }
    }

    /// Puts a file there, in place of an earlier one of that name. Returns its path.
    @discardableResult
    func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
        let file = "\(path)/\(name)"
        let folder = String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
        if access(folder, F_OK) != 0 { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        // A new file each time: an old one may be mapped, and must not change.
        unlink(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ScratchError("\(file) cannot be made: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let contents = Array(bytes)
        guard Foundation.write(descriptor, contents, contents.count) == contents.count else {
            throw ScratchError("\(file) cannot be written: \(String(cString: strerror(errno)))")
        }
        return file
    }

    /// The bytes of a file there, by its whole path.
    func contents(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file))) }

    func remove(_ name: String) { unlink("\(path)/\(name)") }
}

/// A fault of the surroundings, not of a parser.
struct ScratchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
