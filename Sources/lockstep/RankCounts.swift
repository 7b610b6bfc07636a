import Diagnostics

/// Rank counts as a command takes them: `1,2,4`.
enum RankCounts {
    /// The numbers of ranks, and of what stands beside them, that commands start.
    static let all = 1...4_096

    /// - Parameter least: how many are expected.
    /// - Throws: `Failure.usage`, also where a count is there twice.
    static func parse(_ text: String, least: Int = 1) throws -> [Int] {
        let counts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard counts.allSatisfy(all.contains), Set(counts).count == counts.count, counts.count >= least else {
            throw Failure(
                .usage,
                "--np: found '\(text)', expected \(least == 1 ? "" : "two or more ")different rank counts from 1 to \(all.upperBound), "
                    + "such as 1,2,4")
        }
        return counts
    }
}
