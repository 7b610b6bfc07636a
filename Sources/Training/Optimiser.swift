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
    public var momentumRamp: MomentumRamp?
    /// The largest Euclidean norm of the mean gradient over all parameters; a longer one is shortened to it.
    public var clip: Double?
    /// LARS's coefficient, in the conventions of `OptimiserStep.trustRatio`; nil without LARS.
    public var lars: Double?

    public enum Decays: String, Sendable, Codable {
        case all
        /// The weights of convolutions and linear layers, not biases and not BatchNorm.
        case weights
    }

    /// A momentum that changes evenly from epoch to epoch: the optimiser's own for `after` epochs, then in `over` epochs to `end`, which
    /// the last of them has already.
    public struct MomentumRamp: Sendable, Equatable {
        public var after: Int = 0
        public var over: Int
        public var end: Double = 0
    }

    public init() {}

    /// The momentum in an epoch, counted from 0.
    func momentum(inEpoch epoch: Int) -> Double {
        if let momentumUntil, epoch >= momentumUntil { return 0 }
        guard let ramp = momentumRamp, epoch >= ramp.after else { return momentum }
        return momentum + (ramp.end - momentum) * min(1, Double(epoch - ramp.after + 1) / Double(ramp.over))
    }

    /// Whether a step needs the whole gradient before it changes any parameter.
    var needsWholeGradient: Bool { clip != nil || lars != nil }

    /// Whether any epoch uses momentum, so that there is a velocity to keep.
    public var usesMomentum: Bool { momentum > 0 || momentumRamp.map { $0.end > 0 } ?? false }

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
        try momentumRamp?.validate()
        guard momentumUntil == nil || momentumRamp == nil else {
            throw Failure(.usage, "optimiser: momentum-until and momentum-ramp exclude each other; keep one of them")
        }
        guard !nesterov || usesMomentum else {
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
        case momentumRamp = "momentum-ramp"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        rate = try container.decode(.rate, or: rate)
        momentum = try container.decode(.momentum, or: momentum)
        nesterov = try container.decode(.nesterov, or: nesterov)
        weightDecay = try container.decode(.weightDecay, or: weightDecay)
        decays = try container.decode(.decays, or: decays)
        momentumUntil = try container.decodeIfPresent(Int.self, forKey: .momentumUntil)
        momentumRamp = try container.decodeIfPresent(MomentumRamp.self, forKey: .momentumRamp)
        clip = try container.decodeIfPresent(Double.self, forKey: .clip)
        lars = try container.decodeIfPresent(Double.self, forKey: .lars)
    }
}

extension Optimiser.MomentumRamp: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case after, over, end }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(over: try container.decode(Int.self, forKey: .over))
        after = try container.decode(.after, or: after)
        end = try container.decode(.end, or: end)
    }

    fileprivate func validate() throws {
        try Experiment.check(after, "optimiser.momentum-ramp.after", from: 0)
        try Experiment.check(over, "optimiser.momentum-ramp.over")
        guard end >= 0 && end < 1 else {
            throw Failure(.usage, "optimiser.momentum-ramp.end: found \(end), expected 0 ≤ end < 1")
        }
    }
}
