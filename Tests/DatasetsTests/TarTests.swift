import Foundation
import Testing

@testable import Datasets
import TestSupport

@Suite struct TarTests {
    private let wanted = [Catalogue.Member(path: "set/a.bin", length: 700), Catalogue.Member(path: "set/b.txt", length: nil)]
    private let a = [UInt8](repeating: 7, count: 700)
    private let b = Array("names".utf8)

    /// Unpacks an archive that also holds both wanted members, expects a failure, and checks that nothing was written anywhere.
    private func expectNothingWritten(
        mentioning part: String, _ archive: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try withTemporaryDirectory { path in
            try write(archive, path, "inner/x.tar.gz")
            expectFailure(.badData, mentioning: "x.tar.gz", part, sourceLocation: sourceLocation) {
                try ArchiveContents.unpack(path + "/inner/x.tar.gz", members: wanted, into: path + "/inner")
            }
            #expect(try names(path + "/inner") == ["x.tar.gz"], sourceLocation: sourceLocation)
            #expect(try names(path) == ["inner"], sourceLocation: sourceLocation)
        }
    }

    private var both: [UInt8] { SmallFiles.tarMember("set/a.bin", a) + SmallFiles.tarMember("set/b.txt", b) }

    @Test func onlyWantedMembersAreWritten() throws {
        try withTemporaryDirectory { path in
            let archive = SmallFiles.tarball(
                SmallFiles.tarMember("set/", type: "5"), SmallFiles.tarMember("set/readme.html", [1, 2, 3]), both,
                SmallFiles.tarMember("other/a.bin", [9]))
            try write(archive, path, "x.tar.gz")
            try ArchiveContents.unpack(path + "/x.tar.gz", members: wanted, into: path)
            #expect(try names(path) == ["set", "x.tar.gz"])
            #expect(try names(path + "/set") == ["a.bin", "b.txt"])
            #expect(try contents(path, "set/a.bin") == a)
            #expect(try contents(path, "set/b.txt") == b)
        }
    }

    @Test func namesThatLeaveTheFolder() throws {
        for name in ["../evil", "set/../../evil", "/tmp/evil", ".."] {
            let archive = SmallFiles.tarball(both, SmallFiles.tarMember(name, [1]))
            try expectNothingWritten(mentioning: "\"\(name)\" would be outside", archive)
        }
        // POSIX puts long names into two fields.
        for (prefix, name) in [("..", "evil"), ("set/..", "../evil"), ("/tmp", "evil")] {
            let archive = SmallFiles.tarball(both, SmallFiles.tarMember(name, [1], prefix: prefix))
            try expectNothingWritten(mentioning: "\"\(prefix)/\(name)\" would be outside", archive)
        }
    }

    @Test func linksAndOtherKinds() throws {
        let symbolic = SmallFiles.tarMember("set/a.bin", type: "2", link: "/etc/passwd")
        try expectNothingWritten(mentioning: "set/a.bin is a symbolic link", SmallFiles.tarball(symbolic, both))
        let hard = SmallFiles.tarMember("set/z", type: "1", link: "set/a.bin")
        try expectNothingWritten(mentioning: "set/z is a hard link", SmallFiles.tarball(both, hard))
        try expectNothingWritten(mentioning: "is a device", SmallFiles.tarball(both, SmallFiles.tarMember("set/z", type: "3")))
        // Long names, by which GNU and POSIX rename the member behind them.
        for type: Character in ["L", "x", "g"] {
            let renaming = SmallFiles.tarMember("././@LongLink", Array("../../evil".utf8), type: type)
            try expectNothingWritten(mentioning: "unknown type", SmallFiles.tarball(renaming, both))
        }
    }

    @Test func damagedAndTruncated() throws {
        try expectNothingWritten(mentioning: "ends in the middle", SmallFiles.gzip(Array(both.dropLast(1_000))))
        try expectNothingWritten(mentioning: "ends in the middle", SmallFiles.gzip(both))
        let whole = SmallFiles.tarball(both)
        try expectNothingWritten(mentioning: "ends too early", Array(whole.dropLast(9)))
        var damaged = both
        damaged[3] ^= 1
        try expectNothingWritten(mentioning: "checksum does not match", SmallFiles.tarball(damaged))
    }

    @Test func wrongMembers() throws {
        try expectNothingWritten(mentioning: "lacks set/b.txt", SmallFiles.tarball(SmallFiles.tarMember("set/a.bin", a)))
        let twice = SmallFiles.tarMember("set/b.txt", b)
        try expectNothingWritten(mentioning: "holds set/b.txt twice", SmallFiles.tarball(both, twice))
        let short = SmallFiles.tarMember("set/a.bin", Array(a.dropLast()))
        try expectNothingWritten(mentioning: "set/a.bin has 699 bytes, expected 700", SmallFiles.tarball(short))
    }

    @Test func whatWasThereStays() throws {
        try withTemporaryDirectory { path in
            try write(SmallFiles.tarball(both), path, "x.tar.gz")
            try write([1], path, "set/mine.txt")
            expectFailure(.io, mentioning: path + "/set", "Move away what is there") {
                try ArchiveContents.unpack(path + "/x.tar.gz", members: wanted, into: path)
            }
            #expect(try names(path) == ["set", "x.tar.gz"])
            #expect(try names(path + "/set") == ["mine.txt"])
        }
    }
}
