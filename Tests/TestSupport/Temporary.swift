import Foundation

/// Runs `body` with the path of a new empty directory, which is removed afterwards with all that is in it.
public func withTemporaryDirectory<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer {
        do { try FileManager.default.removeItem(at: directory) } catch {
            print("\(directory.path) cannot be removed: \(error)")
        }
    }
    return try body(directory.path)
}
