import Diagnostics

/// The written form of a layer: a mapping of one key, such as `convolution: {channels: 6, kernel: 5}`, or a bare name, such as `relu`.
extension LayerDescription: Codable {
    enum Key: String, CodingKey, CaseIterable {
        case convolution
        case maxPool = "max-pool"
        case averagePool = "average-pool"
        case globalAveragePool = "global-average-pool"
        case batchNorm = "batch-norm"
        case linear
        case relu
        case dropout
        case flatten
        case padChannels = "pad-channels"
        case residual
    }

    var key: Key {
        switch self {
        case .convolution: .convolution
        case .maxPool: .maxPool
        case .averagePool: .averagePool
        case .globalAveragePool: .globalAveragePool
        case .batchNorm: .batchNorm
        case .linear: .linear
        case .relu: .relu
        case .dropout: .dropout
        case .flatten: .flatten
        case .padChannels: .padChannels
        case .residual: .residual
        }
    }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            switch Key(rawValue: name) {
            case .relu: self = .relu
            case .flatten: self = .flatten
            case .globalAveragePool: self = .globalAveragePool
            case .batchNorm: self = .batchNorm(BatchNorm())
            case .some:
                throw Self.fault(at: decoder, "'\(name)' needs settings, as in '\(name): {…}'")
            case nil:
                let known = Key.allCases.map(\.rawValue)
                throw Self.fault(
                    at: decoder,
                    "unknown layer '\(name)': \(suggestion(for: name, among: known))known layers are \(known.joined(separator: ", "))"
                )
            }
            return
        }
        let container = try decoder.settings(Key.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw Self.fault(at: decoder, "a layer is one name with its settings, as in 'linear: {outputs: 120}'")
        }
        switch key {
        case .convolution: self = .convolution(try container.decode(Convolution.self, forKey: key))
        case .maxPool: self = .maxPool(try container.decode(Pool.self, forKey: key))
        case .averagePool: self = .averagePool(try container.decode(Pool.self, forKey: key))
        case .batchNorm: self = .batchNorm(try container.decode(BatchNorm.self, forKey: key))
        case .linear: self = .linear(try container.decode(Linear.self, forKey: key))
        case .dropout: self = .dropout(try container.decode(Dropout.self, forKey: key))
        case .padChannels: self = .padChannels(try container.decode(PadChannels.self, forKey: key))
        case .residual: self = .residual(try container.decode(Residual.self, forKey: key))
        case .relu, .flatten, .globalAveragePool:
            throw Self.fault(at: decoder, "'\(key.rawValue)' has no settings: write its bare name")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .relu, .flatten, .globalAveragePool, .batchNorm(BatchNorm()):
            var container = encoder.singleValueContainer()
            try container.encode(kind)
            return
        default: break
        }
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .convolution(let layer): try container.encode(layer, forKey: key)
        case .maxPool(let layer), .averagePool(let layer): try container.encode(layer, forKey: key)
        case .batchNorm(let layer): try container.encode(layer, forKey: key)
        case .linear(let layer): try container.encode(layer, forKey: key)
        case .dropout(let layer): try container.encode(layer, forKey: key)
        case .padChannels(let layer): try container.encode(layer, forKey: key)
        case .residual(let layer): try container.encode(layer, forKey: key)
        case .relu, .flatten, .globalAveragePool: break
        }
    }

    fileprivate static func fault(at decoder: any Decoder, _ text: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: text))
    }
}

extension LayerDescription.Convolution: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(
            channels: try container.decode(Int.self, forKey: .channels),
            kernel: try container.decode(Extent.self, forKey: .kernel),
            stride: try container.decode(.stride, or: 1),
            padding: try container.decode(.padding, or: .pixels(0)),
            dilation: try container.decode(.dilation, or: 1),
            groups: try container.decode(.groups, or: 1),
            bias: try container.decode(.bias, or: true),
            initialisation: try container.decode(.initialisation, or: .uniform))
    }
}

extension LayerDescription.Pool: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(
            size: try container.decode(Int.self, forKey: .size),
            stride: try container.decodeIfPresent(Int.self, forKey: .stride),
            padding: try container.decode(.padding, or: 0))
    }
}

extension LayerDescription.BatchNorm: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(
            epsilon: try container.decode(.epsilon, or: 1e-5),
            momentum: try container.decode(.momentum, or: 0.1))
    }
}

extension LayerDescription.Linear: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(
            outputs: try container.decode(Int.self, forKey: .outputs),
            bias: try container.decode(.bias, or: true),
            initialisation: try container.decode(.initialisation, or: .uniform))
    }
}

extension LayerDescription.Dropout: Decodable {
    public init(from decoder: any Decoder) throws {
        self.init(rate: try decoder.settings(CodingKeys.self).decode(Double.self, forKey: .rate))
    }
}

extension LayerDescription.PadChannels: Decodable {
    public init(from decoder: any Decoder) throws {
        self.init(channels: try decoder.settings(CodingKeys.self).decode(Int.self, forKey: .channels))
    }
}

extension LayerDescription.Residual: Decodable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(
            layers: try container.decode([LayerDescription].self, forKey: .layers),
            shortcut: try container.decode(.shortcut, or: []))
    }
}

extension Extent: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let size = try? container.decode(Int.self) {
            self.init(height: size, width: size)
        } else {
            let sizes = try container.decode([Int].self)
            guard sizes.count == 2 else {
                throw LayerDescription.fault(at: decoder, "found \(sizes), expected one number or [height, width]")
            }
            self.init(height: sizes[0], width: sizes[1])
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if height == width { try container.encode(height) } else { try container.encode([height, width]) }
    }
}

extension Padding: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let pixels = try? container.decode(Int.self) {
            self = .pixels(pixels)
        } else if try container.decode(String.self) == "same" {
            self = .same
        } else {
            throw LayerDescription.fault(at: decoder, "expected a number of pixels, or 'same'")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .pixels(let count): try container.encode(count)
        case .same: try container.encode("same")
        }
    }
}
