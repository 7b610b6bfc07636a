import Diagnostics
import Foundation

/// How the learning rate changes over training: a pure function of the epoch.
public enum Schedule: Sendable, Equatable {
    case constant
    /// Times `factor` after every `every` epochs.
    case step(every: Int, factor: Double)

    /// What the optimiser's rate is multiplied by in `epoch` (from 0).
    public func factor(epoch: Int) -> Double {
        switch self {
        case .constant: 1
        case .step(let every, let factor): pow(factor, Double(epoch / every))
        }
    }

    func validate() throws {
        guard case .step(let every, let factor) = self else { return }
        guard every > 0 else { throw Failure(.usage, "schedule.step.every: found \(every) epochs, expected at least 1") }
        guard factor > 0 && factor.isFinite else {
            throw Failure(.usage, "schedule.step.factor: found \(factor), expected a number above 0")
        }
    }
}

/// Written as `constant`, or `step: {every: 30, factor: 0.1}`.
extension Schedule: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case constant, step }
    enum StepKeys: String, CodingKey, CaseIterable { case every, factor }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            guard name == CodingKeys.constant.rawValue else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "found '\(name)', expected constant or step: {every, factor}"))
            }
            self = .constant
            return
        }
        try decoder.rejectUnknownKeys(of: CodingKeys.self)
        let nested = try decoder.container(keyedBy: CodingKeys.self).superDecoder(forKey: .step)
        try nested.rejectUnknownKeys(of: StepKeys.self)
        let step = try nested.container(keyedBy: StepKeys.self)
        self = .step(
            every: try step.decode(Int.self, forKey: .every), factor: try step.decodeIfPresent(Double.self, forKey: .factor) ?? 0.1)
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .constant:
            var container = encoder.singleValueContainer()
            try container.encode(CodingKeys.constant.rawValue)
        case .step(let every, let factor):
            var container = encoder.container(keyedBy: CodingKeys.self)
            var step = container.nestedContainer(keyedBy: StepKeys.self, forKey: .step)
            try step.encode(every, forKey: .every)
            try step.encode(factor, forKey: .factor)
        }
    }
}
