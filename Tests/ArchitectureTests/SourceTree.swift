import Foundation

/// Our own Swift sources, as text.
enum SourceTree {
    struct File {
        /// From the root of the package.
        let path: String
        let module: String
        /// The lines, without comments.
        let code: [String]
    }

    /// The package's folder, known from where this file stands.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// But for what a generator wrote.
    static func swiftFiles() throws -> [File] {
        let names = FileManager.default.enumerator(atPath: root + "/Sources")?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".swift") && !$0.hasSuffix(".pb.swift") }.sorted().map { name in
            let text = try String(contentsOfFile: "\(root)/Sources/\(name)", encoding: .utf8)
            return File(
                path: "Sources/\(name)", module: String(name.prefix { $0 != "/" }),
                code: text.split(separator: "\n", omittingEmptySubsequences: false).map { withoutComment(String($0)) })
        }
    }

    /// A line up to `//`, where that is not within a text such as an address.
    private static func withoutComment(_ line: String) -> String {
        guard let comment = line.firstRange(of: /(^|\s)\/\//) else { return line }
        return String(line[..<comment.lowerBound])
    }
}
