import Diagnostics
import Networks

/// Written as `softmax`, as `softmax: {label-smoothing: 0.1}`, or as `euclidean`.
extension Loss: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case softmax, euclidean }
    private enum SoftmaxKeys: String, CodingKey, CaseIterable { case labelSmoothing = "label-smoothing" }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            switch CodingKeys(rawValue: name) {
            case .softmax: self = .softmax(labelSmoothing: 0)
            case .euclidean: self = .euclidean
            case nil:
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "unknown loss '\(name)': known are softmax, euclidean"))
            }
            return
        }
        let container = try decoder.settings(CodingKeys.self)
        guard container.allKeys == [.softmax] else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "a loss is one name; 'euclidean' has no settings: write its bare name"))
        }
        let nested = try container.superDecoder(forKey: .softmax)
        try nested.rejectUnknownKeys(of: SoftmaxKeys.self)
        let settings = try nested.container(keyedBy: SoftmaxKeys.self)
        self = .softmax(labelSmoothing: try settings.decode(.labelSmoothing, or: 0))
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .softmax(labelSmoothing: 0):
            var container = encoder.singleValueContainer()
            try container.encode(CodingKeys.softmax.rawValue)
        case .euclidean:
            var container = encoder.singleValueContainer()
            try container.encode(CodingKeys.euclidean.rawValue)
        case .softmax(let smoothing):
            var container = encoder.container(keyedBy: CodingKeys.self)
            var settings = container.nestedContainer(keyedBy: SoftmaxKeys.self, forKey: .softmax)
            try settings.encode(smoothing, forKey: .labelSmoothing)
        }
    }

    func validate() throws {
        guard case .softmax(let smoothing) = self else { return }
        guard smoothing >= 0 && smoothing < 1 else {
            throw Failure(.usage, "loss.softmax.label-smoothing: found \(smoothing), expected 0 ≤ smoothing < 1")
        }
    }
}
