import Diagnostics
import Foundation

/// A program that is started, waited for, and ended with this process.
struct Program {
    enum Output {
        /// Where this process writes.
        case inherited
        case discarded
        /// A file, made anew.
        case file(String)
    }

    let path: String
    let arguments: [String]
    /// Nil for this process's own.
    var environment: [String: String]?
    var output = Output.discarded

    /// The path of a program in PATH.
    ///
    /// - Throws: `Failure.missing`.
    static func path(of name: String) throws -> String {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }) else {
            let advice =
                name == "mpirun"
                ? "install Open MPI (apt-get install openmpi-bin), or add its folder" : "install it, or add its folder"
            throw Failure(.missing, "there is no \(name) in PATH: \(advice)")
        }
        return "\(folder)/\(name)"
    }

    /// The path of this very executable.
    ///
    /// - Throws: `Failure.io`.
    static func ownPath() throws -> String {
        do { return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") } catch {
            throw Failure(.io, "/proc/self/exe does not tell which executable this is: \(reason(error))")
        }
    }

    /// Runs it to its end.
    ///
    /// - Parameter ending: what may ask for its end before.
    /// - Returns: its exit code; 128 + the signal where one ended it.
    /// - Throws: `Failure.missing` where it cannot be started, `Failure.io` where the output cannot be written.
    func run(ending: JobEnding? = nil) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let environment { process.environment = environment }
        process.standardInput = FileHandle.nullDevice
        switch output {
        case .inherited: break
        case .discarded: (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        case .file(let path):
            guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
                throw Failure(.io, "\(path) cannot be written")
            }
            (process.standardOutput, process.standardError) = (file, file)
        }
        try RunningJobs.run(process, ending: ending)
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }
}
