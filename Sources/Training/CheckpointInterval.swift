/// How often a checkpoint is written, beside those at the end of every epoch: `100` for steps, `10m` for a time.
public enum CheckpointInterval: Sendable, Equatable {
    case steps(Int)
    case time(TimeSpan)

    /// Nil for what is neither a number of steps, 1 or more, nor a time.
    public init?(_ text: String) {
        if let steps = Int(text), steps >= 1 {
            self = .steps(steps)
        } else if let span = TimeSpan(text) {
            self = .time(span)
        } else {
            return nil
        }
    }
}

extension CheckpointInterval: CustomStringConvertible {
    public var description: String {
        switch self {
        case .steps(let count): "\(count)"
        case .time(let span): "\(span)"
        }
    }
}

extension CheckpointInterval: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try (try? container.decode(Int.self)).map(String.init) ?? container.decode(String.self)
        guard let interval = CheckpointInterval(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "found '\(text)', expected a number of steps, or a time such as 10m")
        }
        self = interval
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .steps(let count): try container.encode(count)
        case .time: try container.encode(description)
        }
    }
}
