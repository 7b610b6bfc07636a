import Diagnostics

/// A table of text and numbers, for a page or a terminal.
public struct Table: Sendable, Equatable {
    public enum Alignment: Sendable, Equatable {
        /// As text.
        case leading
        /// As numbers.
        case trailing
    }

    public struct Column: Sendable, Equatable {
        public var header: String
        public var alignment: Alignment

        public init(_ header: String, _ alignment: Alignment = .leading) {
            self.header = header
            self.alignment = alignment
        }
    }

    public struct Cell: Sendable, Equatable, ExpressibleByStringLiteral {
        public var text: String
        /// The best of its column, or what the reader should look at.
        public var isEmphasised: Bool

        public init(_ text: String, emphasised: Bool = false) {
            self.text = text
            self.isEmphasised = emphasised
        }

        public init(stringLiteral text: String) { self.init(text) }

        /// A number with a fixed number of decimals; "diverged" where it is not finite, "–" where there is none.
        public static func number(_ value: Double?, decimals: Int, emphasised: Bool = false) -> Cell {
            guard let value else { return Cell("–") }
            return Cell(value.isFinite ? fixed(value, decimals: decimals) : "diverged", emphasised: emphasised)
        }

        /// A count, with a comma between thousands.
        public static func count(_ value: Int?, emphasised: Bool = false) -> Cell {
            Cell(value.map(\.grouped) ?? "–", emphasised: emphasised)
        }
    }

    public var columns: [Column]
    public private(set) var rows: [[Cell]]
    /// A sentence that names the table; none if empty.
    public var caption: String

    /// Whether any column has a name; a table of names and values needs none.
    var hasHeader: Bool { columns.contains { !$0.header.isEmpty } }

    /// - Precondition: each row has a cell for each column.
    public init(columns: [Column], rows: [[Cell]] = [], caption: String = "") {
        self.columns = columns
        self.rows = []
        self.caption = caption
        rows.forEach { append($0) }
    }

    /// - Precondition: the row has a cell for each column.
    public mutating func append(_ row: [Cell]) {
        require(row.count == columns.count, "a row of \(row.count) cells for \(columns.count) columns")
        rows.append(row)
    }
}
