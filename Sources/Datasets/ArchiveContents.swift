import Diagnostics

/// Unpacks the wanted members of a .tar.gz, all of them or nothing.
enum ArchiveContents {
    /// Writes the members below `directory`, in the one folder that they share, which appears whole or not at all.
    ///
    /// Members that are not wanted are not written; the members' own permissions, owners and times are not used.
    /// Throws: `.badData` where the archive is damaged, holds a dangerous member, or lacks a wanted one or has it twice or at another
    /// length; `.io`. Precondition: as of `folder(of:)`.
    static func unpack(_ archive: String, members: [Catalogue.Member], into directory: String) throws {
        try DurableDirectory.create(at: join(directory, folder(of: members))) { unfinished in
            var reader = try TarReader(path: archive)
            var waiting = members
            while let member = try reader.next() {
                guard !member.isDirectory, members.contains(where: { $0.path == member.name }) else { continue }
                guard let index = waiting.firstIndex(where: { $0.path == member.name }) else {
                    throw Failure(.badData, "\(archive): holds \(member.name) twice; nothing was unpacked. Fetch it again")
                }
                try check(member, waiting.remove(at: index), archive)
                try write(&reader, to: join(unfinished, fileName(of: member.name)))
            }
            guard waiting.isEmpty else {
                throw Failure(
                    .badData,
                    "\(archive): lacks \(waiting.map(\.path).joined(separator: ", ")); nothing was unpacked. Fetch it again")
            }
        }
    }

    /// The folder that all members are in.
    ///
    /// Precondition: at least one member; every path is `folder/name`, with one and the same folder.
    static func folder(of members: [Catalogue.Member]) -> String {
        let folders = Set(members.map { $0.path.prefix { $0 != "/" } })
        let isPlain = members.allSatisfy { member in
            let parts = member.path.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !["", ".", ".."].contains($0) }
        }
        require(folders.count == 1 && isPlain, "members \(members.map(\.path)) are not files of one folder")
        return folders.first.map(String.init) ?? ""
    }

    private static func fileName(of path: String) -> String { String(path.drop { $0 != "/" }.dropFirst()) }

    private static func check(_ found: TarReader.Member, _ wanted: Catalogue.Member, _ archive: String) throws {
        guard let length = wanted.length, length != found.length else { return }
        throw Failure(
            .badData,
            "\(archive): \(found.name) has \(found.length.bytes), expected \(length.grouped); nothing was unpacked. Fetch it again")
    }

    private static func write(_ reader: inout TarReader, to path: String) throws {
        let file = try NewFile(path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try reader.read(into: buffer), count > 0 {
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        try file.finish()
    }
}
