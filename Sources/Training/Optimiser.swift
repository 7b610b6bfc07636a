import Diagnostics

/// Stochastic gradient descent with momentum, Nesterov's form and weight decay; the update itself is `Kernels.GradientDescent`.
public struct Optimiser: Sendable, Equatable {
    /// The learning rate at the start; a schedule multiplies it. Never scaled by batch or ranks.
    public var rate: Double = 0.01
    public var momentum: Double = 0
    public var nesterov = false
    public var weightDecay: Double = 0

    public init() {}

    func validate() throws {
        guard rate.isFinite && rate >= 0 else {
            throw Failure(.usage, "optimiser.rate (--learning-rate): found \(rate), expected a number of at least 0")
        }
        guard momentum >= 0 && momentum < 1 else {
            throw Failure(.usage, "optimiser.momentum (--momentum): found \(momentum), expected 0 ≤ momentum < 1")
        }
        guard weightDecay.isFinite && weightDecay >= 0 else {
            throw Failure(.usage, "optimiser.weight-decay (--weight-decay): found \(weightDecay), expected a number of at least 0")
        }
        guard !nesterov || momentum > 0 else {
            throw Failure(.usage, "optimiser.nesterov needs a momentum above 0: set optimiser.momentum (--momentum)")
        }
    }
}

extension Optimiser: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case rate, momentum, nesterov
        case weightDecay = "weight-decay"
    }

    public init(from decoder: any Decoder) throws {
        try decoder.rejectUnknownKeys(of: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        rate = try container.decodeIfPresent(Double.self, forKey: .rate) ?? rate
        momentum = try container.decodeIfPresent(Double.self, forKey: .momentum) ?? momentum
        nesterov = try container.decodeIfPresent(Bool.self, forKey: .nesterov) ?? nesterov
        weightDecay = try container.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
    }
}
