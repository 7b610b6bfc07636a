import Foundation
import Training

/// Where steps-to-target looks for the best rate and momentum of a batch size, and how.
///
/// Each batch size and optimiser has a section of one Halton sequence for itself: its search hangs on no other's. Points are even in the
/// logarithms of the effective rate, rate ÷ (1 − momentum), and of 1 − momentum.
public struct SearchSpace: Sendable, Equatable, Codable {
    /// Of the effective rate.
    public let rates: ClosedRange<Double>
    /// Of 1 − momentum; plain SGD has none.
    public let frictions: ClosedRange<Double>
    /// Label smoothing is tried at the largest batch too, where it may help: each of these for a like part of its trials.
    public let smoothings: [Double]

    public init(rates: ClosedRange<Double>, frictions: ClosedRange<Double> = 0.01...0.5, smoothings: [Double] = [0, 0.1]) {
        (self.rates, self.frictions, self.smoothings) = (rates, frictions, smoothings)
    }

    public enum Method: String, Sendable, CaseIterable, Codable {
        case sgd, momentum, nesterov

        public var title: String {
            switch self {
            case .sgd: "SGD"
            case .momentum: "momentum"
            case .nesterov: "Nesterov"
            }
        }
    }

    /// The settings of one point of the search.
    ///
    /// - Parameters:
    ///   - index: of the whole sequence, from 1.
    ///   - smooths: whether label smoothing is searched too.
    func settings(_ index: Int, _ method: Method, smooths: Bool) -> [RecipeSetting] {
        let point = Halton.point(index, dimensions: 3)
        let effective = Self.place(point[0], in: rates)
        let friction = method == .sgd ? 1 : Self.place(point[1], in: frictions)
        var settings = [RecipeSetting("optimiser.rate", Self.digits(effective * friction))]
        if method != .sgd { settings.append(RecipeSetting("optimiser.momentum", Self.digits(1 - friction))) }
        if smooths, !smoothings.isEmpty {
            let smoothing = smoothings[min(smoothings.count - 1, Int(point[2] * Double(smoothings.count)))]
            settings.append(RecipeSetting("loss.softmax.label-smoothing", "\(smoothing)"))
        }
        return settings
    }

    private static func place(_ share: Double, in range: ClosedRange<Double>) -> Double {
        range.lowerBound * pow(range.upperBound / range.lowerBound, share)
    }

    /// Six digits: the recipe, the table and the page say one number.
    private static func digits(_ value: Double) -> String { "\(Double(String(format: "%.6g", value)) ?? value)" }

    /// Where a trial's best lies within a tenth of the range, in logarithms, from its edge, which should then be wider.
    func edges(rate: Double, momentum: Double, _ method: Method) -> [String] {
        func edge(_ value: Double, _ range: ClosedRange<Double>, _ name: String) -> String? {
            let share = log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
            if share < 0.1 { return "the best \(name) is at the lower edge of the search" }
            return share > 0.9 ? "the best \(name) is at the upper edge of the search" : nil
        }
        return [
            edge(rate / (1 - momentum), rates, "effective rate"),
            method == .sgd ? nil : edge(1 - momentum, frictions, "1 − momentum"),
        ].compactMap(\.self)
    }
}
