import Diagnostics
import Foundation

/// How the learning rate changes over training: a shape over the epochs, and perhaps a warm-up before it. What depends on metrics is a
/// `Plateau`, which goes over it.
public struct Schedule: Sendable, Equatable {
    public var shape: Shape
    public var warmUp: WarmUp?

    public static let constant = Schedule(.constant)

    public init(_ shape: Shape, warmUp: WarmUp? = nil) {
        self.shape = shape
        self.warmUp = warmUp
    }

    /// What the optimiser's rate is multiplied by; a pure function of where training stands.
    public enum Shape: Sendable, Equatable {
        case constant
        /// Times `factor` after every `every` epochs.
        case step(every: Int, factor: Double)
        /// Times `factor` after each of these epochs.
        case multiStep(after: [Int], factor: Double)
        /// Times `factor` after every epoch.
        case exponential(factor: Double)
        /// From 1 down to `end` along half a cosine, epoch by epoch: end + (1 − end)·(1 + cos(π·epoch/epochs))/2. Source: Loshchilov and
        /// Hutter, ICLR 2017, without restarts.
        case cosine(end: Double)
        /// From 1 down to `end` in a straight line, step by step, over the first `share` of all steps; then `end`. Source: Shallue et al.,
        /// JMLR 20 (2019), section 4.
        case linear(end: Double, share: Double)
        /// Up from 1/`start` to 1 over the first `peak` of all steps, then down to 1/(`start`·`end`), each along half a cosine. Source:
        /// Smith and Topin 2017, in the form of PyTorch's OneCycleLR without its cycle of momentum; the optimiser's rate is the largest.
        case oneCycle(peak: Double, start: Double, end: Double)
    }

    /// From `from` to 1 in a straight line, step by step, over the first `epochs`; multiplies the shape. Source: Goyal et al. 2017, 2.2.
    public struct WarmUp: Sendable, Equatable, Encodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case epochs, from }

        public var epochs: Double
        public var from: Double

        public init(epochs: Double, from: Double = 0) {
            self.epochs = epochs
            self.from = from
        }
    }

    /// Where training stands, in epochs and steps from 0, of how many.
    public struct Point: Sendable, Equatable {
        public var epoch: Int
        public var epochs: Int
        public var step: Int
        public var steps: Int

        public init(epoch: Int, epochs: Int, step: Int, steps: Int) {
            self.epoch = epoch
            self.epochs = epochs
            self.step = step
            self.steps = steps
        }
    }

    /// What the optimiser's rate is multiplied by.
    public func factor(at point: Point) -> Double { shape.factor(at: point) * (warmUp?.factor(at: point) ?? 1) }
}

extension Schedule.Shape {
    fileprivate func factor(at point: Schedule.Point) -> Double {
        switch self {
        case .constant: return 1
        case .step(let every, let factor): return pow(factor, Double(point.epoch / every))
        case .multiStep(let milestones, let factor): return pow(factor, Double(milestones.count { $0 <= point.epoch }))
        case .exponential(let factor): return pow(factor, Double(point.epoch))
        case .cosine(let end): return halfCosine(from: 1, to: end, Double(point.epoch) / Double(point.epochs))
        case .linear(let end, let share):
            let progress = min(1, Double(point.step) / (share * Double(point.steps)))
            return 1 - (1 - end) * progress
        case .oneCycle(let peak, let start, let end):
            let (top, last) = (peak * Double(point.steps) - 1, Double(point.steps - 1))
            let step = Double(point.step)
            if step <= top { return halfCosine(from: 1 / start, to: 1, top > 0 ? step / top : 1) }
            return halfCosine(from: 1, to: 1 / (start * end), last > top ? min(1, (step - top) / (last - top)) : 1)
        }
    }

    private func halfCosine(from first: Double, to last: Double, _ progress: Double) -> Double {
        last + (first - last) / 2 * (1 + cos(.pi * progress))
    }
}

extension Schedule.WarmUp {
    fileprivate func factor(at point: Schedule.Point) -> Double {
        let steps = epochs * Double(point.steps) / Double(max(point.epochs, 1))
        return Double(point.step) >= steps ? 1 : from + (1 - from) * Double(point.step) / steps
    }
}

extension Schedule {
    /// What to say where a change of the rate lies behind the end of training; nil where none does.
    func warning(epochs: Int) -> String? {
        let (setting, late): (String, [Int]) =
            switch shape {
            case .step(let every, _): ("step.every", every >= epochs ? [every] : [])
            case .multiStep(let milestones, _): ("multi-step.after", milestones.filter { $0 >= epochs })
            case .constant, .exponential, .cosine, .linear, .oneCycle: ("", [])
            }
        guard !late.isEmpty else { return nil }
        return
            "schedule.\(setting): the rate does not change after epoch \(late.map(String.init).joined(separator: " and ")), since training "
            + "ends after epoch \(epochs)"
    }

    func validate() throws {
        func check(_ isRight: Bool, _ setting: String, _ found: Any, _ expected: String) throws {
            guard isRight else { throw Failure(.usage, "schedule.\(setting): found \(found), expected \(expected)") }
        }
        switch shape {
        case .constant: break
        case .step(let every, let factor):
            try check(every > 0, "step.every", every, "at least 1 epoch")
            try check(factor > 0 && factor.isFinite, "step.factor", factor, "a number above 0")
        case .multiStep(let milestones, let factor):
            try check(
                !milestones.isEmpty && milestones.allSatisfy { $0 > 0 }, "multi-step.after", milestones, "epochs of at least 1")
            try check(factor > 0 && factor.isFinite, "multi-step.factor", factor, "a number above 0")
        case .exponential(let factor):
            try check(factor > 0 && factor.isFinite, "exponential.factor", factor, "a number above 0")
        case .cosine(let end):
            try check((0...1).contains(end), "cosine.end", end, "0 ≤ end ≤ 1")
        case .linear(let end, let share):
            try check((0...1).contains(end), "linear.end", end, "0 ≤ end ≤ 1")
            try check(share > 0 && share <= 1, "linear.share", share, "0 < share ≤ 1")
        case .oneCycle(let peak, let start, let end):
            try check(peak > 0 && peak < 1, "one-cycle.peak", peak, "0 < peak < 1")
            try check(start >= 1 && start.isFinite, "one-cycle.start", start, "at least 1")
            try check(end >= 1 && end.isFinite, "one-cycle.end", end, "at least 1")
        }
        if let warmUp {
            try check(warmUp.epochs > 0 && warmUp.epochs.isFinite, "warm-up.epochs", warmUp.epochs, "a number above 0")
            try check((0...1).contains(warmUp.from), "warm-up.from", warmUp.from, "0 ≤ from ≤ 1")
        }
    }
}
