import Diagnostics
import Kernels

/// Written as a mapping from shapes to algorithms: `32x32x16 by 3x3 to 32x32x16 padding 1x1: {forward: winograd, input: winograd, weights: direct}`.
extension KernelTable: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([String: Algorithms].self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(entries)
    }
}

extension KernelTable.Algorithms: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case forward, input, weights }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        func algorithm(_ key: CodingKeys) throws -> String {
            let name = try container.decode(String.self, forKey: key)
            let known = ConvolutionChoice.pixelAlgorithms
            guard known.contains(name) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription:
                        "unknown algorithm '\(name)': \(suggestion(for: name, among: known))known are \(known.joined(separator: ", "))"
                )
            }
            return name
        }
        self.init(forward: try algorithm(.forward), input: try algorithm(.input), weights: try algorithm(.weights))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(forward, forKey: .forward)
        try container.encode(input, forKey: .input)
        try container.encode(weights, forKey: .weights)
    }
}
