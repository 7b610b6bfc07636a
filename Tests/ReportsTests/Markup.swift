import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@testable import Reports

/// A document of XML as a parser that knows nothing of ours reads it.
final class Markup: NSObject, XMLParserDelegate {
    struct Element {
        let name: String
        let attributes: [String: String]
        var text = ""

        func number(_ attribute: String) -> Double? { attributes[attribute].flatMap { Double($0) } }
        var classes: [Substring] { attributes["class"]?.split(separator: " ") ?? [] }
    }

    /// In the order in which they begin.
    private(set) var elements: [Element] = []
    private var open: [Int] = []

    /// Nil, and a test's failure, where the text is not well-formed.
    static func parse(_ text: String, at location: SourceLocation = #_sourceLocation) -> Markup? {
        let markup = Markup()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = markup
        guard parser.parse() else {
            Issue.record(
                "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "no error told") in \(text.prefix(2000))",
                sourceLocation: location)
            return nil
        }
        return markup
    }

    func named(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        open.append(elements.count)
        elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if let last = open.last { elements[last].text += text }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        open.removeLast()
    }
}
