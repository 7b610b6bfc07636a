import Diagnostics

/// Rank counts as a command takes them: `1,2,4`.
enum RankCounts {
    /// - Parameter least: how many different ones are expected.
    /// - Throws: `Failure.usage`.
    static func parse(_ text: String, least: Int = 1) throws -> [Int] {
        let counts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard counts.allSatisfy({ (1...4_096).contains($0) }), Set(counts).count >= least else {
            throw Failure(
                .usage, "--np: found '\(text)', expected \(least == 1 ? "" : "two or more different ")rank counts, such as 1,2,4")
        }
        return counts
    }
}
