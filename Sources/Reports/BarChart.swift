import Diagnostics

/// Horizontal bars, one for each category, each of one or more parts that lie end to end: a step's time by phase.
public struct BarChart: Figure, Equatable {
    /// One part of every bar.
    public struct Part: Sendable, Equatable {
        public var name: String
        /// One for each category, 0 or more. What is not finite is drawn as such, not as a length.
        public var values: [Double]

        public init(_ name: String, values: [Double]) {
            self.name = name
            self.values = values
        }
    }

    public var title: String
    /// What a bar's length measures, with its unit.
    public var label: String
    public var categories: [String]
    public var parts: [Part]
    /// What stands at a bar's end; nil: its length.
    public var endLabels: [String]?
    public var caption: String

    /// - Precondition: each part has a value for each category, none of them negative; so have the end labels, where given.
    public init(
        _ title: String, label: String, categories: [String], parts: [Part], endLabels: [String]? = nil, caption: String = ""
    ) {
        for part in parts {
            require(
                part.values.count == categories.count, "'\(part.name)' has \(part.values.count) values for \(categories.count) bars"
            )
            require(!part.values.contains { $0 < 0 }, "'\(part.name)' has a negative value: a bar has a length")
        }
        if let endLabels { require(endLabels.count == categories.count, "\(endLabels.count) labels for \(categories.count) bars") }
        self.title = title
        self.label = label
        self.categories = categories
        self.parts = parts
        self.endLabels = endLabels
        self.caption = caption
    }

    /// Bars of one part.
    public init(_ title: String, label: String, bars: [(category: String, value: Double)], caption: String = "") {
        self.init(
            title, label: label, categories: bars.map(\.category), parts: [Part("", values: bars.map(\.value))], caption: caption)
    }
}
