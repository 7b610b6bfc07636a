import Diagnostics
import Foundation

/// Transfers by the `curl` program: proxies, certificates and redirections are its business, not ours.
struct Curl {
    /// Directories to look for the program in, as in PATH.
    var searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    /// Seconds between two looks at the file's length.
    var interval = 0.05

    /// curl's code for "the server does not resume": then the transfer begins anew, once.
    private static let cannotResume: Int32 = 33

    /// Appends what is missing of a remote file to `path`, so that a second call goes on where the first stopped.
    ///
    /// Throws: `.missing` without curl, `.io` where the transfer fails; what was received stays for the next try.
    func receive(_ address: String, into path: String, progress: (_ length: Int) -> Void) throws {
        guard let program = find("curl") else {
            throw Failure(
                .missing,
                "curl: no such program in PATH; it is needed to fetch data sets. Install it (apt-get install curl), or copy the files "
                    + "into the directory by hand")
        }
        var (status, text) = try run(program, address, path, progress)
        if status == Self.cannotResume, unlink(path) == 0 {
            (status, text) = try run(program, address, path, progress)
        }
        guard status == 0 else {
            let received = fileLength(path) ?? 0
            throw Failure(
                .io,
                "\(address): the transfer failed: \(text.isEmpty ? "curl ended with code \(status)" : text). "
                    + (received > 0
                        ? "\(received.bytes) are kept in \(path): the same command goes on from there"
                        : "Check the network, or name another server with --mirror"))
        }
    }

    private func find(_ program: String) -> String? {
        searchPath.split(separator: ":").map { join(String($0), program) }.first { access($0, X_OK) == 0 }
    }

    private func run(
        _ program: String, _ address: String, _ path: String, _ progress: (Int) -> Void
    ) throws -> (status: Int32, text: String) {
        let arguments = [
            "--fail", "--location", "--silent", "--show-error", "--globoff",
            "--proto", "=http,https,ftp,file", "--proto-redir", "=http,https",
            "--connect-timeout", "30", "--speed-limit", "1", "--speed-time", "60",
            "--retry", "3", "--continue-at", "-", "--output", path, "--url", address,
        ]
        let process = Process()
        let errors = Pipe()
        // Foundation gives a child a process group of its own, so that an interrupt from the terminal does not reach it: without
        // this, curl would go on writing after us, beside the one of the next try.
        let guardian = find("setpriv").map { [$0, "--pdeathsig", "TERM", program] } ?? [program]
        process.executableURL = URL(fileURLWithPath: guardian[0])
        process.arguments = guardian.dropFirst() + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        do {
            try process.run()
        } catch {
            throw Failure(.io, "\(program): cannot be started: \(reason(error))")
        }
        while process.isRunning {
            Thread.sleep(forTimeInterval: interval)
            progress(fileLength(path) ?? 0)
        }
        process.waitUntilExit()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return (process.terminationStatus, text.split(whereSeparator: \.isNewline).joined(separator: "; "))
    }
}
