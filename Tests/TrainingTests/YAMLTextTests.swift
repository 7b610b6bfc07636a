import Diagnostics
import Testing

@testable import Training

/// Aliases may stand for one thing as often as a model repeats it, and not for one another until a few lines fill the memory.
@Suite struct YAMLTextTests {
    private func chain(anchors: Int, aliases: Int) -> String {
        (1...anchors).map { number in
            let content = number == 1 ? "1" : (0..<aliases).map { _ in "*a\(number - 1)" }.joined(separator: ", ")
            return "k\(number): &a\(number) [\(content)]"
        }.joined(separator: "\n")
    }

    @Test func oneBlockManyTimes() throws {
        let text = "block: &block [1, 2]\nall: [\((0..<50).map { _ in "*block" }.joined(separator: ", "))]"
        let root = try YAMLText(text).root
        #expect(root["all"]?.sequence?.count == 50)
    }

    @Test(arguments: [(9, 9), (17, 2), (3, 100)]) func blocksOfBlocksOfBlocks(anchors: Int, aliases: Int) {
        #expect(throws: Failure.self) { try YAMLText(chain(anchors: anchors, aliases: aliases)) }
    }

    /// An ampersand or a star within a word or a sentence is none.
    @Test func wordsAreNoAliases() throws {
        #expect(try YAMLText("a: R&D and 2*3").root["a"]?.string == "R&D and 2*3")
    }
}
