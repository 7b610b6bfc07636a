import Foundation
import Testing

@testable import Datasets
import TestSupport

@Suite(.enabled(if: LocalServer.isAvailable, "needs the programs python3 and curl"), .serialized)
struct DownloadTests {
    private let first = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 * 31 >> 3) }
    private let second = Array("labels".utf8)

    /// Serves `one.gz` and `two.gz`, with an entry that describes them, and a directory to fetch into.
    private func serving(
        _ body: (_ server: LocalServer, _ entry: Catalogue.Entry, _ target: String, _ root: String) throws -> Void
    ) throws {
        try withTemporaryDirectory { path in
            try write(first, path + "/root", "one.gz")
            try write(second, path + "/root", "two.gz")
            let files = try ["one.gz", "two.gz"].map { name in
                Catalogue.RemoteFile(
                    base: "http://127.0.0.1:1/", name: name, length: try contents(path, "root/" + name).count,
                    md5: try Checksums.md5(ofFile: path + "/root/" + name))
            }
            try LocalServer.serving(path + "/root") { server in
                try body(server, Catalogue.Entry(format: .mnist, files: files), path + "/target", path + "/root")
            }
        }
    }

    @Test func fetchesOnceAndReportsProgress() throws {
        try serving { server, entry, target, _ in
            var seen: [Int] = []
            for _ in 0..<2 {
                try Download.fetch(entry, into: target, mirror: server.url("plain")) { received, total in
                    #expect(total == 50_006)
                    seen.append(received)
                }
            }
            #expect(try names(target) == ["one.gz", "two.gz"])
            #expect(try contents(target, "one.gz") == first)
            #expect(try contents(target, "two.gz") == second)
            #expect(try server.requests() == ["/plain/one.gz -", "/plain/two.gz -"])
            #expect(seen.first == 0 && seen.last == 50_006)
        }
    }

    @Test func brokenTransferGoesOnWhereItStopped() throws {
        try serving { server, entry, target, _ in
            expectFailure(.io, mentioning: "/broken/one.gz", "curl: (18)", "25,000 bytes are kept", "one.gz.partial") {
                try Download.fetch(entry, into: target, mirror: server.url("broken"))
            }
            #expect(try names(target) == ["one.gz.partial"])
            try Download.fetch(entry, into: target, mirror: server.url("plain/"))
            #expect(try contents(target, "one.gz") == first)
            #expect(try names(target) == ["one.gz", "two.gz"])
            #expect(try server.requests().contains("/plain/one.gz bytes=25000-"))
        }
    }

    @Test func serverWithoutRangesBeginsAnew() throws {
        try serving { server, entry, target, _ in
            try write(Array(first.prefix(100)), target, "one.gz.partial")
            try Download.fetch(entry, into: target, mirror: server.url("whole"))
            #expect(try contents(target, "one.gz") == first)
        }
    }

    @Test func partialFilesThatAreWholeOrTooLong() throws {
        try serving { server, entry, target, _ in
            try write(first, target, "one.gz.partial")
            try write(second + second, target, "two.gz.partial")
            try Download.fetch(entry, into: target, mirror: server.url("plain"))
            #expect(try names(target) == ["one.gz", "two.gz"])
            #expect(try server.requests() == ["/plain/two.gz -"])
        }
    }

    @Test func wrongChecksumAndWrongLength() throws {
        try serving { server, entry, target, root in
            var other = first
            other[777] ^= 1
            try write(other, root, "one.gz")
            expectFailure(.badData, mentioning: "/plain/one.gz", "found MD5", entry.files[0].md5, "deleted") {
                try Download.fetch(entry, into: target, mirror: server.url("plain"))
            }
            #expect(try names(target) == [])
            try write(Array(first.dropLast()), root, "one.gz")
            expectFailure(.badData, mentioning: "found 49,999 bytes, expected 50,000") {
                try Download.fetch(entry, into: target, mirror: server.url("plain"))
            }
            #expect(try names(target) == [])
        }
    }

    @Test func archiveThatIsNotTheOfficialOneIsNotUnpacked() throws {
        try withTemporaryDirectory { path in
            let archive = SmallFiles.tarball(SmallFiles.tarMember("set/a.bin", [1, 2, 3]))
            let file = Catalogue.RemoteFile(
                base: "http://127.0.0.1:1/", name: "small.tar.gz", length: archive.count, md5: String(repeating: "0", count: 32),
                members: [Catalogue.Member(path: "set/a.bin", length: 3)])
            let entry = Catalogue.Entry(format: .cifar10, files: [file])
            try write(archive, path, "root/small.tar.gz")
            let target = path + "/target"
            try LocalServer.serving(path + "/root") { server in
                expectFailure(.badData, mentioning: "found MD5", "deleted") {
                    try Download.fetch(entry, into: target, mirror: server.url("plain"))
                }
            }
            #expect(try names(target) == [])
            // One that was copied there by hand is checked, too.
            try write(archive, path, "target/small.tar.gz")
            expectFailure(.badData, mentioning: "is not the official file", "found MD5") {
                try Download.fetch(entry, into: target, mirror: URL(fileURLWithPath: path + "/root"))
            }
            #expect(try names(target) == ["small.tar.gz"])
        }
    }

    @Test func whatIsThereIsNeverTouched() throws {
        try serving { server, entry, target, _ in
            try write([1, 2, 3], target, "one.gz")
            expectFailure(.badData, mentioning: "target/one.gz: is there already", "found 3 bytes", "move it away") {
                try Download.fetch(entry, into: target, mirror: server.url("plain"))
            }
            #expect(try contents(target, "one.gz") == [1, 2, 3])
            #expect(try server.requests() == [])
        }
    }

    @Test func curlsOwnMessage() throws {
        try serving { server, entry, target, root in
            try FileManager.default.removeItem(atPath: root + "/one.gz")
            expectFailure(.io, mentioning: "/plain/one.gz", "curl: (22)", "404", "--mirror") {
                try Download.fetch(entry, into: target, mirror: server.url("plain"))
            }
            // Nothing listens on the official address of this entry.
            expectFailure(.io, mentioning: "http://127.0.0.1:1/one.gz", "curl: (7)") { try Download.fetch(entry, into: target) }
        }
    }

    @Test func withoutCurl() throws {
        try serving { server, entry, target, _ in
            expectFailure(.missing, mentioning: "curl: no such program", "apt-get install curl") {
                let url = try server.url("plain")
                try Download.fetch(entry, into: target, mirror: url, transfer: Curl(searchPath: target), progress: { _, _ in })
            }
        }
    }

    @Test func mirrorMayBeADirectory() throws {
        try serving { server, entry, target, root in
            try Download.fetch(entry, into: target, mirror: URL(fileURLWithPath: root))
            #expect(try contents(target, "one.gz") == first)
            #expect(try server.requests() == [])
        }
    }

    @Test func archiveIsUnpackedOnceAndReadable() throws {
        try withTemporaryDirectory { path in
            try SmallFiles.writeCIFAR10(path + "/set")
            let members = try names(path + "/set").map { name in (name, try contents(path, "set/" + name)) }
            let folder = "cifar-10-batches-bin/"
            try write(SmallFiles.tarball(members.flatMap { SmallFiles.tarMember(folder + $0.0, $0.1) }), path, "root/small.tar.gz")
            let file = Catalogue.RemoteFile(
                base: "http://127.0.0.1:1/", name: "small.tar.gz", length: try contents(path, "root/small.tar.gz").count,
                md5: try Checksums.md5(ofFile: path + "/root/small.tar.gz"),
                members: members.map { Catalogue.Member(path: folder + $0.0, length: $0.1.count) })
            let entry = Catalogue.Entry(format: .cifar10, files: [file])
            let target = path + "/target"
            try LocalServer.serving(path + "/root") { server in
                try Download.fetch(entry, into: target, mirror: server.url("plain"))
                #expect(try Dataset.open(directory: target).training.count == 5)
                try FileManager.default.removeItem(atPath: target + "/small.tar.gz")
                try Download.fetch(entry, into: target, mirror: server.url("plain"))
                #expect(try server.requests().count == 1)
                try FileManager.default.removeItem(atPath: target + "/" + folder + "test_batch.bin")
                expectFailure(.badData, mentioning: "not whole", folder + "test_batch.bin", "move it away") {
                    try Download.fetch(entry, into: target, mirror: server.url("plain"))
                }
                #expect(try server.requests().count == 1)
            }
        }
    }
}
