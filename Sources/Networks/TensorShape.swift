/// The shape of one sample between two layers: height × width × channels, channels contiguous (NHWC without N).
/// A vector of n values is 1 × 1 × n.
public struct TensorShape: Sendable, Equatable, CustomStringConvertible {
    public var height: Int
    public var width: Int
    public var channels: Int

    public init(height: Int, width: Int, channels: Int) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    public init(vector count: Int) { self.init(height: 1, width: 1, channels: count) }

    public var count: Int { height * width * channels }
    public var isVector: Bool { height == 1 && width == 1 }
    public var description: String { isVector ? "\(channels)" : "\(height)×\(width)×\(channels)" }
}

/// Written as a list: [height, width, channels].
extension TensorShape: Codable {
    public init(from decoder: any Decoder) throws {
        let sizes = try decoder.singleValueContainer().decode([Int].self)
        guard sizes.count == 3, sizes.allSatisfy({ $0 > 0 }) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "found \(sizes), expected three positive numbers: [height, width, channels]"))
        }
        self.init(height: sizes[0], width: sizes[1], channels: sizes[2])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([height, width, channels])
    }
}
