import Diagnostics

/// A time as users write it, in whole seconds: `90s`, `55m`, `2h`, `1h30m`.
public struct TimeSpan: Sendable, Equatable {
    public let seconds: Int

    private static let units: [(name: Character, seconds: Int)] = [("h", 3600), ("m", 60), ("s", 1)]
    /// A year: more is a slip of the pen.
    private static let most = 365 * 24 * 3600

    public init(seconds: Int) { self.seconds = seconds }

    public static func minutes(_ count: Int) -> TimeSpan { TimeSpan(seconds: count * 60) }

    /// Hours, minutes and seconds, each at most once and in this order; nil for anything else, for nothing at all, and for zero.
    public init?(_ text: String) {
        var seconds = 0
        var units = Self.units[...]
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                guard let unit = units.firstIndex(where: { $0.name == character }), let count = Int(digits), count <= Self.most else {
                    return nil
                }
                seconds += count * units[unit].seconds
                (units, digits) = (units[(unit + 1)...], "")
            }
        }
        guard digits.isEmpty, (1...Self.most).contains(seconds) else { return nil }
        self.seconds = seconds
    }

    var duration: Duration { .seconds(seconds) }
}

extension TimeSpan: CustomStringConvertible {
    /// As it is read: `1h30m`.
    public var description: String {
        var left = seconds
        var text = ""
        for unit in Self.units where left >= unit.seconds {
            text += "\(left / unit.seconds)\(unit.name)"
            left %= unit.seconds
        }
        return text
    }
}

extension TimeSpan: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let span = TimeSpan(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "found '\(text)', expected a time such as 90s, 55m, 2h or 1h30m")
        }
        self = span
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
