import Diagnostics

/// Lowers the learning rate when what is watched stops getting better, on top of the schedule.
///
/// Every rank takes the decision on the same exact figures, so all take the same; its state stands in the checkpoint.
public enum Plateau: Sendable, Equatable {
    /// Times `factor`, down to `minimum`, once more than `patience` epochs in turn have not brought a loss below (1 − 10⁻⁴) times the
    /// smallest, or an accuracy above (1 + 10⁻⁴) times the largest: PyTorch's ReduceLROnPlateau.
    case patience(epochs: Int, factor: Double, minimum: Double, mode: Mode = .min)
    /// The MNIST report's own: once ten test losses are there, times `factor` where the newest is within `tolerance` of the mean of the ten;
    /// then the list is begun anew.
    case tenLosses(factor: Double, tolerance: Double)

    public enum Mode: String, Sendable, Codable {
        /// Watches the loss, which should fall.
        case min
        /// Watches the accuracy, which should rise.
        case max
    }

    /// What it remembers between epochs.
    public struct State: Sendable, Equatable, Codable {
        /// What the rate has been multiplied by so far.
        public var factor = 1.0
        public var best: Double?
        public var badEpochs = 0
        public var losses: [Double] = []

        /// Begins to watch anew, at the rate that stands.
        mutating func forget() { (best, badEpochs, losses) = (nil, 0, []) }
    }

    /// Takes an epoch's loss and accuracy into account.
    /// - Parameter rate: the rate of this epoch, which a minimum is held against.
    public func observe(loss: Double, accuracy: Double, rate: Double, state: inout State) {
        switch self {
        case .patience(let patience, let factor, let minimum, let mode):
            let isBetter =
                switch mode {
                case .min: loss < (state.best ?? .infinity) * (1 - 1e-4)
                case .max: state.best.map { accuracy > $0 * (1 + 1e-4) } ?? true
                }
            if isBetter {
                state.best = mode == .min ? loss : accuracy
                state.badEpochs = 0
            } else {
                state.badEpochs += 1
            }
            guard state.badEpochs > patience else { return }
            state.badEpochs = 0
            let lowered = max(rate * factor, minimum)
            // A change too small to matter is none, as in PyTorch.
            if rate - lowered > 1e-8 { state.factor *= lowered / rate }
        case .tenLosses(let factor, let tolerance):
            state.losses.append(loss)
            guard state.losses.count == 10 else { return }
            let mean = state.losses.reduce(0, +) / 10
            if abs(loss - mean) < tolerance {
                state.factor *= factor
                state.losses = []
            } else {
                state.losses.removeFirst()
            }
        }
    }

    func validate() throws {
        switch self {
        case .patience(let epochs, let factor, let minimum, _):
            guard epochs > 0 else { throw Failure(.usage, "plateau.patience: found \(epochs), expected at least 1 epoch") }
            guard factor > 0 && factor < 1 else {
                throw Failure(.usage, "plateau.factor: found \(factor), expected 0 < factor < 1")
            }
            guard minimum >= 0 else { throw Failure(.usage, "plateau.minimum: found \(minimum), expected at least 0") }
        case .tenLosses(let factor, let tolerance):
            guard factor > 0 && factor < 1 else {
                throw Failure(.usage, "plateau.factor: found \(factor), expected 0 < factor < 1")
            }
            guard tolerance > 0 else { throw Failure(.usage, "plateau.tolerance: found \(tolerance), expected a number above 0") }
        }
    }
}

/// Written as `{mode: min, patience: 10, factor: 0.1, minimum: 1e-5}`, or as `{tolerance: 0.001, factor: 0.5}` for the MNIST report's.
extension Plateau: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case mode, patience, factor, minimum, tolerance }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        let factor = try container.decodeIfPresent(Double.self, forKey: .factor)
        if let tolerance = try container.decodeIfPresent(Double.self, forKey: .tolerance) {
            guard ![.mode, .patience, .minimum].contains(where: container.contains) else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "found tolerance beside mode, patience or minimum, expected one form"))
            }
            self = .tenLosses(factor: factor ?? 0.5, tolerance: tolerance)
        } else {
            self = .patience(
                epochs: try container.decode(.patience, or: 10), factor: factor ?? 0.1,
                minimum: try container.decode(.minimum, or: 0),
                mode: try container.decode(.mode, or: .min))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .patience(let epochs, let factor, let minimum, let mode):
            try container.encode(mode, forKey: .mode)
            try container.encode(epochs, forKey: .patience)
            try container.encode(factor, forKey: .factor)
            try container.encode(minimum, forKey: .minimum)
        case .tenLosses(let factor, let tolerance):
            try container.encode(factor, forKey: .factor)
            try container.encode(tolerance, forKey: .tolerance)
        }
    }
}
