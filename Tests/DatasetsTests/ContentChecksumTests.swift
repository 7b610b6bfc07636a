import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What tells ranks that their copies of a data set are the same.
@Suite struct ContentChecksumTests {
    /// Each file counts, of images and of labels.
    @Test(arguments: ["cifar", "mnist"]) func everyFileCounts(kind: String) throws {
        try withTemporaryDirectory { path in
            let directory = "\(path)/\(kind)"
            if kind == "cifar" { try SmallFiles.writeCIFAR10(directory) } else { try SmallFiles.writeIDX(directory) }
            let files = try names(directory).filter { $0.hasSuffix(".bin") || $0.hasSuffix("ubyte") }
            #expect(files.count >= 3)
            var found: Set<UInt32> = [try Dataset.open(directory: directory).contentChecksum()]
            var expected = 1
            for file in files {
                let bytes = try contents(directory, file)
                // Labels stay within the classes, and headers as they are.
                for index in [bytes.count - 2, bytes.count - 1] {
                    var changed = bytes
                    changed[index] ^= 1
                    try write(changed, directory, file)
                    found.insert(try Dataset.open(directory: directory).contentChecksum())
                    expected += 1
                }
                try write(bytes, directory, file)
            }
            #expect(found.count == expected)
            #expect(found.contains(try Dataset.open(directory: directory).contentChecksum()))
        }
    }

    /// Hosts may have the same set in other forms.
    @Test func compressionDoesNotMatter() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeIDX(path + "/plain")
            try SmallFiles.writeIDX(path + "/gzipped", gzipped: true)
            let checksums = try ["plain", "gzipped"].map { try Dataset.open(directory: "\(path)/\($0)").contentChecksum() }
            #expect(checksums[0] == checksums[1])
        }
    }
}
