/// A key of any name.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// Throws where the mapping at hand holds a key that `keys` does not name: a misspelt setting must never be ignored.
    ///
    /// The error says where the key stands and which known key is nearest.
    public func rejectUnknownKeys<Keys: CodingKey & CaseIterable>(of keys: Keys.Type) throws {
        try rejectUnknownKeys(named: keys.allCases.map(\.stringValue))
    }

    /// The mapping at hand, which holds no other keys than these: the beginning of every setting's `init(from:)`.
    public func settings<Keys: CodingKey & CaseIterable>(_ keys: Keys.Type) throws -> KeyedDecodingContainer<Keys> {
        try rejectUnknownKeys(of: keys)
        return try container(keyedBy: keys)
    }

    /// As `rejectUnknownKeys(of:)`, with the known keys by their names.
    public func rejectUnknownKeys(named known: [String]) throws {
        for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: codingPath,
                    debugDescription:
                        "unknown key '\(key.stringValue)': \(suggestion(for: key.stringValue, among: known))known keys are \(known.joined(separator: ", "))"
                ))
        }
    }
}

extension KeyedDecodingContainer {
    /// What stands at a key, or what is usual where nothing does.
    public func decode<Value: Decodable>(_ key: Key, or usual: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? usual
    }
}

extension DecodingError {
    /// Where in the document the fault stands, such as `optimiser.rate`, and what it is, in plain words.
    public var explanation: String {
        let (context, text): (Context, String)
        switch self {
        case .typeMismatch(let type, let found):
            (context, text) = (found, "expected \(Self.plainName(of: type)), found something else")
        case .valueNotFound(let type, let found): (context, text) = (found, "found nothing, expected \(Self.plainName(of: type))")
        case .keyNotFound(let key, let found): (context, text) = (found, "'\(key.stringValue)' is missing")
        case .dataCorrupted(let found): (context, text) = (found, found.debugDescription)
        @unknown default: return String(describing: self)
        }
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? text : "\(path): \(text)"
    }

    private static func plainName(of type: any Any.Type) -> String {
        switch type {
        case is Int.Type, is UInt64.Type: "a whole number"
        case is Double.Type, is Float.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type: "text"
        default: String(describing: type).hasPrefix("Array") ? "a list" : "a mapping"
        }
    }
}
