import Diagnostics

/// Stochastic gradient descent with momentum, Nesterov's form, weight decay, clipping and LARS; `OptimiserStep` takes its steps.
public struct Optimiser: Sendable, Equatable {
    /// The learning rate at the start; a schedule multiplies it. Never scaled by batch or ranks.
    public var rate: Double = 0.01
    public var momentum: Double = 0
    public var nesterov = false
    public var weightDecay: Double = 0
    /// What weight decay touches.
    public var decays = Decays.all
    /// Momentum is used in so many epochs, and off afterwards.
    public var momentumUntil: Int?
    /// The largest Euclidean norm of the mean gradient over all parameters; a longer one is shortened to it.
    public var clip: Double?
    /// LARS's coefficient; nil without LARS.
    public var lars: Double?

    public enum Decays: String, Sendable, Codable {
        case all
        /// The weights of convolutions and linear layers, not biases and not BatchNorm.
        case weights
    }

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
        if let momentumUntil {
            try Experiment.check(momentumUntil, "optimiser.momentum-until")
            guard momentum > 0 else {
                throw Failure(.usage, "optimiser.momentum-until needs a momentum above 0: set optimiser.momentum (--momentum)")
            }
        }
        for (name, value) in [("clip", clip), ("lars", lars)] {
            guard let value, !(value > 0 && value.isFinite) else { continue }
            throw Failure(.usage, "optimiser.\(name): found \(value), expected a number above 0")
        }
    }
}

extension Optimiser: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case rate, momentum, nesterov, decays, clip, lars
        case weightDecay = "weight-decay"
        case momentumUntil = "momentum-until"
    }

    public init(from decoder: any Decoder) throws {
        try decoder.rejectUnknownKeys(of: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        rate = try container.decodeIfPresent(Double.self, forKey: .rate) ?? rate
        momentum = try container.decodeIfPresent(Double.self, forKey: .momentum) ?? momentum
        nesterov = try container.decodeIfPresent(Bool.self, forKey: .nesterov) ?? nesterov
        weightDecay = try container.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
        decays = try container.decodeIfPresent(Decays.self, forKey: .decays) ?? decays
        momentumUntil = try container.decodeIfPresent(Int.self, forKey: .momentumUntil)
        clip = try container.decodeIfPresent(Double.self, forKey: .clip)
        lars = try container.decodeIfPresent(Double.self, forKey: .lars)
    }
}
