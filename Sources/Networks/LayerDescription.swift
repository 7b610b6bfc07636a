import Diagnostics

/// A layer as data: what a model file says of it. Sizes are in pixels unless they say channels or values.
public enum LayerDescription: Sendable, Equatable {
    case convolution(Convolution)
    case maxPool(Pool)
    case averagePool(Pool)
    case linear(Linear)
    case relu
    case dropout(Dropout)
    /// H × W × C → H·W·C values, in the order of the layout: channels fastest.
    case flatten

    public struct Convolution: Sendable, Equatable {
        public var channels: Int
        public var kernel: Int
        public var stride: Int = 1
        public var padding: Int = 0
        public var dilation: Int = 1
        public var groups: Int = 1
        public var bias: Bool = true
    }

    public struct Pool: Sendable, Equatable {
        public var size: Int
        /// The window's size unless given.
        public var stride: Int
        public var padding: Int = 0

        public init(size: Int, stride: Int? = nil, padding: Int = 0) {
            self.size = size
            self.stride = stride ?? size
            self.padding = padding
        }
    }

    public struct Linear: Sendable, Equatable {
        public var outputs: Int
        public var bias: Bool = true
    }

    public struct Dropout: Sendable, Equatable {
        /// The probability that a value is dropped, 0 ≤ rate < 1.
        public var rate: Double
    }

    /// The layer's name in model files, messages and, with a number behind it, in parameter names.
    public var kind: String { key.rawValue }
}

// MARK: - Written form: a mapping of one key, such as `convolution: {channels: 6, kernel: 5}`, or the bare name `relu`.

extension LayerDescription: Codable {
    enum Key: String, CodingKey, CaseIterable {
        case convolution
        case maxPool = "max-pool"
        case averagePool = "average-pool"
        case linear
        case relu
        case dropout
        case flatten
    }

    private var key: Key {
        switch self {
        case .convolution: .convolution
        case .maxPool: .maxPool
        case .averagePool: .averagePool
        case .linear: .linear
        case .relu: .relu
        case .dropout: .dropout
        case .flatten: .flatten
        }
    }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            switch Key(rawValue: name) {
            case .relu: self = .relu
            case .flatten: self = .flatten
            case .some:
                throw Self.fault(at: decoder, "'\(name)' needs settings, as in '\(name): {…}'")
            case nil:
                let known = Key.allCases.map(\.rawValue)
                let suggestion = nearestName(to: name, among: known).map { "did you mean '\($0)'? " } ?? ""
                throw Self.fault(
                    at: decoder, "unknown layer '\(name)': \(suggestion)known layers are \(known.joined(separator: ", "))")
            }
            return
        }
        try decoder.rejectUnknownKeys(of: Key.self)
        let container = try decoder.container(keyedBy: Key.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw Self.fault(at: decoder, "a layer is one name with its settings, as in 'linear: {outputs: 120}'")
        }
        switch key {
        case .convolution: self = .convolution(try container.decode(Convolution.self, forKey: key))
        case .maxPool: self = .maxPool(try container.decode(Pool.self, forKey: key))
        case .averagePool: self = .averagePool(try container.decode(Pool.self, forKey: key))
        case .linear: self = .linear(try container.decode(Linear.self, forKey: key))
        case .dropout: self = .dropout(try container.decode(Dropout.self, forKey: key))
        case .relu: self = .relu
        case .flatten: self = .flatten
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if self == .relu || self == .flatten {
            var container = encoder.singleValueContainer()
            return try container.encode(kind)
        }
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .convolution(let layer): try container.encode(layer, forKey: key)
        case .maxPool(let layer), .averagePool(let layer): try container.encode(layer, forKey: key)
        case .linear(let layer): try container.encode(layer, forKey: key)
        case .dropout(let layer): try container.encode(layer, forKey: key)
        case .relu, .flatten: break
        }
    }

    private static func fault(at decoder: any Decoder, _ text: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: text))
    }
}

extension LayerDescription.Convolution: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case channels, kernel, stride, padding, dilation, groups, bias }

    public init(from decoder: any Decoder) throws {
        try decoder.rejectUnknownKeys(of: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        channels = try container.decode(Int.self, forKey: .channels)
        kernel = try container.decode(Int.self, forKey: .kernel)
        stride = try container.decodeIfPresent(Int.self, forKey: .stride) ?? 1
        padding = try container.decodeIfPresent(Int.self, forKey: .padding) ?? 0
        dilation = try container.decodeIfPresent(Int.self, forKey: .dilation) ?? 1
        groups = try container.decodeIfPresent(Int.self, forKey: .groups) ?? 1
        bias = try container.decodeIfPresent(Bool.self, forKey: .bias) ?? true
    }
}

extension LayerDescription.Pool: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case size, stride, padding }

    public init(from decoder: any Decoder) throws {
        try decoder.rejectUnknownKeys(of: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            size: try container.decode(Int.self, forKey: .size),
            stride: try container.decodeIfPresent(Int.self, forKey: .stride),
            padding: try container.decodeIfPresent(Int.self, forKey: .padding) ?? 0)
    }
}

extension LayerDescription.Linear: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case outputs, bias }

    public init(from decoder: any Decoder) throws {
        try decoder.rejectUnknownKeys(of: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        outputs = try container.decode(Int.self, forKey: .outputs)
        bias = try container.decodeIfPresent(Bool.self, forKey: .bias) ?? true
    }
}

extension LayerDescription.Dropout: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case rate }

    public init(from decoder: any Decoder) throws {
        try decoder.rejectUnknownKeys(of: CodingKeys.self)
        rate = try decoder.container(keyedBy: CodingKeys.self).decode(Double.self, forKey: .rate)
    }
}
