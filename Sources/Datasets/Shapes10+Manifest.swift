import Diagnostics
import Foundation

extension Shapes10 {
    /// The text file that says what a directory of this set was made from, so that it need not be made twice and is never overwritten.
    struct Manifest {
        static let fileName = "shapes10.txt"
        /// Raised whenever the generator draws other pixels.
        static let version = 1

        let seed: UInt64
        let training: Int
        let test: Int

        /// What is the same in every set of this seed and size.
        private var heading: String {
            "shapes10 version \(Self.version)\nseed \(seed)\ntraining \(training)\ntest \(test)\n"
        }

        func text(checksums: [(name: String, crc32: UInt32)]) -> String {
            heading + checksums.map(line).joined()
        }

        /// Whether this very set is in the directory, every byte of it; false where there is no directory or an empty one.
        ///
        /// Throws: `.usage` where the directory holds something else, `.badData` where files of this set were changed or lost.
        func isFulfilled(in directory: String) throws -> Bool {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory) else { return false }
            guard isDirectory.boolValue else {
                throw Failure(.usage, "\(directory): a file, where shapes10 is to be written; name another directory")
            }
            let names = try contents(of: directory)
            if names.isEmpty { return false }
            let path = join(directory, Self.fileName)
            guard names.contains(Self.fileName), let found = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw Failure(
                    .usage,
                    "\(directory): holds other files (\(names.sorted().prefix(5).joined(separator: ", "))); they are left as they are. "
                        + "Name another directory for shapes10, or empty this one")
            }
            guard found.hasPrefix(heading) else {
                let summary = found.split(separator: "\n").prefix(4).joined(separator: ", ")
                throw Failure(
                    .usage,
                    "\(directory): holds another set (\(summary)); asked for \(heading.split(separator: "\n").joined(separator: ", ")). "
                        + "It is left as it is: name another directory, or remove this one")
            }
            try check(found, in: directory)
            return true
        }

        private func contents(of directory: String) throws -> [String] {
            do {
                return try FileManager.default.contentsOfDirectory(atPath: directory)
            } catch {
                throw Failure(.io, "\(directory): cannot be listed: \(reason(error))")
            }
        }

        /// Compares the files with the checksums that the manifest found tells.
        private func check(_ found: String, in directory: String) throws {
            for name in Shapes10.files(training: training, test: test).map(\.name) {
                let path = join(directory, name)
                guard access(path, F_OK) == 0, found.contains(line(name, try Checksums.crc32(ofFile: path))) else {
                    throw Failure(
                        .badData,
                        "\(path): missing, or not as \(Self.fileName) beside it says; expected the file as it was written. "
                            + "Remove the directory and write the set again")
                }
            }
        }

        private func line(_ name: String, _ crc32: UInt32) -> String {
            "crc32 \(name) \(crc32.eightDigits)\n"
        }
    }
}
