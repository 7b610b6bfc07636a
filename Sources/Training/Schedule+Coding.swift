import Diagnostics

/// Written as `constant`, or as a mapping of one shape and perhaps a warm-up: `{cosine: {end: 0}, warm-up: {epochs: 5}}`.
extension Schedule: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case constant, step
        case multiStep = "multi-step"
        case exponential, cosine, linear
        case oneCycle = "one-cycle"
        case warmUp = "warm-up"
    }

    /// The settings of all shapes; each takes some of them.
    private enum Settings: String, CodingKey, CaseIterable { case every, factor, after, end, share, peak, start }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            guard name == CodingKeys.constant.rawValue else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "found '\(name)', expected constant or a mapping, such as step: {every: 30, factor: 0.1}")
                )
            }
            self = .constant
            return
        }
        let container = try decoder.settings(CodingKeys.self)
        warmUp = try container.decodeIfPresent(WarmUp.self, forKey: .warmUp)
        let shapes = container.allKeys.filter { $0 != .warmUp }
        guard shapes.count <= 1 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "found \(shapes.map(\.rawValue).sorted().joined(separator: " and ")), expected one shape"))
        }
        shape = try shapes.first.map { try Shape(key: $0, in: container) } ?? .constant
    }

    public func encode(to encoder: any Encoder) throws {
        if self == .constant {
            var container = encoder.singleValueContainer()
            return try container.encode(CodingKeys.constant.rawValue)
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(warmUp, forKey: .warmUp)
        func encode(_ key: CodingKeys, _ numbers: [(Settings, Double)]) throws {
            var settings = container.nestedContainer(keyedBy: Settings.self, forKey: key)
            for (name, number) in numbers { try settings.encode(number, forKey: name) }
        }
        switch shape {
        case .constant: break
        case .step(let every, let factor):
            var settings = container.nestedContainer(keyedBy: Settings.self, forKey: .step)
            try settings.encode(every, forKey: .every)
            try settings.encode(factor, forKey: .factor)
        case .multiStep(let milestones, let factor):
            var settings = container.nestedContainer(keyedBy: Settings.self, forKey: .multiStep)
            try settings.encode(milestones, forKey: .after)
            try settings.encode(factor, forKey: .factor)
        case .exponential(let factor): try encode(.exponential, [(.factor, factor)])
        case .cosine(let end): try encode(.cosine, [(.end, end)])
        case .linear(let end, let share): try encode(.linear, [(.end, end), (.share, share)])
        case .oneCycle(let peak, let start, let end): try encode(.oneCycle, [(.peak, peak), (.start, start), (.end, end)])
        }
    }
}

extension Schedule.Shape {
    fileprivate init(key: Schedule.CodingKeys, in container: KeyedDecodingContainer<Schedule.CodingKeys>) throws {
        let settings = try container.superDecoder(forKey: key)
        if key == .constant {
            try settings.rejectUnknownKeys(named: [])
            self = .constant
            return
        }
        switch key {
        case .step:
            let read = try ShapeSettings(settings, ["every", "factor"])
            self = .step(every: try read.whole("every"), factor: try read.number("factor", 0.1))
        case .multiStep:
            let read = try ShapeSettings(settings, ["after", "factor"])
            self = .multiStep(after: try read.wholes("after"), factor: try read.number("factor", 0.1))
        case .exponential:
            self = .exponential(factor: try ShapeSettings(settings, ["factor"]).number("factor", nil))
        case .cosine:
            self = .cosine(end: try ShapeSettings(settings, ["end"]).number("end", 0))
        case .linear:
            let read = try ShapeSettings(settings, ["end", "share"])
            self = .linear(end: try read.number("end", 0), share: try read.number("share", 1))
        case .oneCycle:
            let read = try ShapeSettings(settings, ["peak", "start", "end"])
            self = .oneCycle(
                peak: try read.number("peak", 0.3), start: try read.number("start", 25), end: try read.number("end", 1e4))
        case .constant, .warmUp: self = .constant
        }
    }
}

/// The settings of one shape: only those that it takes.
private struct ShapeSettings {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let container: KeyedDecodingContainer<Key>

    init(_ decoder: any Decoder, _ names: [String]) throws {
        try decoder.rejectUnknownKeys(named: names)
        container = try decoder.container(keyedBy: Key.self)
    }

    func whole(_ name: String) throws -> Int { try container.decode(Int.self, forKey: Key(name)) }
    func wholes(_ name: String) throws -> [Int] { try container.decode([Int].self, forKey: Key(name)) }
    func number(_ name: String, _ usual: Double?) throws -> Double {
        if let usual { return try container.decodeIfPresent(Double.self, forKey: Key(name)) ?? usual }
        return try container.decode(Double.self, forKey: Key(name))
    }
}

extension Schedule.WarmUp: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(
            epochs: try container.decode(Double.self, forKey: .epochs),
            from: try container.decode(.from, or: 0))
    }
}
