import Diagnostics
import Foundation
import Yams

/// A text in YAML (JSON is YAML too) that others wrote, parsed to a tree which can be walked without harm.
///
/// What the language allows and only a hostile file uses:
/// - aliases of aliases, which make a tree that is exponentially larger than the file, and as deep as they are many;
/// - numbers in base 60, `1:30` for 90 (YAML 1.1), which the decoder multiplies up with no regard to overflow: here they are text.
struct YAMLText {
    /// About how many times as large as the file its tree may be.
    static let mostGrowth = 4_096.0
    /// Of the characters that begin lists and mappings, in a text with aliases: the tree is no deeper than they are many, and what compares
    /// and frees its nodes calls itself for each level.
    static let mostBeginnings = 1_024
    /// Levels of lists and mappings. Residual blocks stand in each other at most sixteen deep, which takes three levels each.
    static let deepest = 100

    /// Nodes hold the parser's anchors weakly.
    private let parser: Parser
    let root: Node

    /// - Throws: `YamlError` where it is no YAML, `Failure.usage` where it is such as above.
    init(_ text: String) throws {
        // Most texts have none, which is seen sooner than by an expression.
        let aliases = text.utf8.contains(UInt8(ascii: "*")) ? text.matches(of: Self.alias).count : 0
        let anchors = aliases > 0 ? text.matches(of: Self.anchor).count : 0
        guard Self.growth(aliases: aliases, anchors: anchors) <= Self.mostGrowth else {
            throw Failure(
                .usage,
                "found \(aliases) aliases (*name) of \(anchors) anchors (&name), which may stand for one another: write out what they stand for"
            )
        }
        let beginnings = aliases == 0 ? 0 : text.utf8.count { Self.beginnings.contains($0) }
        guard beginnings <= Self.mostBeginnings else {
            throw Failure(.usage, "found \(aliases) aliases (*name) in a text as long as this: write out what they stand for")
        }
        // As `YAMLDecoder` parses: texts such as `true` and `1` are told by the type that is wanted.
        parser = try Parser(yaml: text, resolver: Resolver.basic.appending(.merge))
        root = try Self.harmless(parser.singleRoot() ?? "", depth: 1)
    }

    private static func harmless(_ node: Node, depth: Int) throws -> Node {
        guard depth <= deepest else {
            throw Failure(.usage, "lists and mappings stand in each other more than \(deepest) deep")
        }
        switch node {
        case .scalar(var scalar):
            guard scalar.style == .plain, scalar.string.contains(":") else { return node }
            scalar.style = .doubleQuoted
            return .scalar(scalar)
        case .mapping(var mapping):
            for place in mapping.indices {
                mapping[place] = (
                    try harmless(mapping[place].key, depth: depth + 1), try harmless(mapping[place].value, depth: depth + 1)
                )
            }
            return .mapping(mapping)
        case .sequence(var sequence):
            for place in sequence.indices { sequence[place] = try harmless(sequence[place], depth: depth + 1) }
            return .sequence(sequence)
        case .alias: return node
        }
    }

    /// The most that so many aliases make of a tree: shared out over a chain of anchors, each of which stands for several of the one before.
    private static func growth(aliases: Int, anchors: Int) -> Double {
        guard aliases > 0, anchors > 0 else { return 1 }
        // The best chain has an anchor for each e aliases.
        return (1...min(anchors, aliases, 64)).map { pow(Double(aliases) / Double($0), Double($0)) }.max() ?? 1
    }

    private static let beginnings = Set("[{-:?".utf8)

    /// Whatever may be one: a star in front of a name, where a value may begin.
    private static var alias: Regex<Substring> { /(?:^|[\s\[\]{},:?"'\-])\*[A-Za-z0-9_\-]/ }
    /// The same of what an alias stands for.
    private static var anchor: Regex<Substring> { /(?:^|[\s\[\]{},:?"'\-])&[A-Za-z0-9_\-]/ }
}
