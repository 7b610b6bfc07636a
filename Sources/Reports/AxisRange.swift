import Foundation

/// An axis with all that was left open: its ends, and so the place of every value.
struct AxisRange: Equatable {
    let scale: Scale
    let lower: Double
    let upper: Double
    /// Whether all its data are whole numbers, so that ticks between them would mean nothing.
    let isWhole: Bool

    /// The range of `values` as far as they can be drawn, within the axis's own bounds.
    ///
    /// - Parameter margin: by what share of its length the range exceeds the data at an open end; 0: exactly theirs.
    /// - Parameter steps: nil, or in about how many steps the axis is divided: its open ends then fall on ticks.
    init(_ axis: Axis, values: [Double], margin: Double, steps: Int?) {
        scale = axis.scale
        let shown = values.filter { axis.scale.standing(of: $0) == .shown }
        isWhole = axis.scale == .linear && !shown.isEmpty && shown.allSatisfy { $0 == $0.rounded() }
        let (low, high) = Self.ends(axis, data: shown)
        let scale = scale
        if scale == .linear {
            let open = (lower: axis.lower == nil, upper: axis.upper == nil)
            let room = (high - low) * margin
            var (from, to) = (open.lower ? low - room : low, open.upper ? high + room : high)
            // What cannot be negative is not shown with an axis that is.
            if low >= 0, from < 0 { from = 0 }
            if let steps {
                let step = NiceStep(span: to - from, count: steps, whole: isWhole)
                if open.lower { from = step.value(at: step.indexBelow(from)) }
                if open.upper { to = step.value(at: step.indexAbove(to)) }
            }
            (lower, upper) = (from, to)
        } else {
            let (from, to) = (scale.place(of: low), scale.place(of: high))
            let room = (to - from) * max(margin, steps == nil ? 0 : 0.04)
            lower = axis.lower ?? scale.value(at: max(from - room, scale.place(of: 1 / Scale.limit)))
            upper = axis.upper ?? scale.value(at: min(to + room, scale.place(of: Scale.limit)))
        }
    }

    /// How far along the axis a value lies: 0 at its lower end, 1 at its upper one.
    func fraction(of value: Double) -> Double {
        let (from, to) = (scale.place(of: lower), scale.place(of: upper))
        // Halves, for the span of the largest numbers would itself be none.
        return (scale.place(of: value) / 2 - from / 2) / (to / 2 - from / 2)
    }

    func contains(_ value: Double) -> Bool { value >= lower && value <= upper }

    /// At most about `count` named values.
    func ticks(count: Int) -> Ticks {
        if scale.isLogarithmic { return LogarithmicTicks.ticks(in: lower...upper, scale: scale, count: count) }
        return Ticks(major: NiceStep(span: upper - lower, count: count, whole: isWhole).ticks(in: lower...upper), minor: [])
    }

    /// The ends by bounds and data, widened where they would be one: an axis has a length.
    private static func ends(_ axis: Axis, data: [Double]) -> (Double, Double) {
        if axis.scale.isLogarithmic {
            let middle = axis.lower ?? axis.upper ?? 1
            var low = axis.lower ?? min(data.min() ?? middle, axis.upper ?? .infinity)
            var high = axis.upper ?? max(data.max() ?? middle, low)
            if high / low < 1 + 1e-9 {
                if axis.lower == nil { low = max(low / 2, 1 / Scale.limit) }
                if axis.upper == nil { high = min(high * 2, Scale.limit) }
            }
            return (low, high)
        }
        var low = axis.lower ?? min(data.min() ?? 0, axis.upper ?? .infinity)
        var high = axis.upper ?? max(data.max() ?? low + (axis.lower == nil ? 1 : max(1, abs(low))), low)
        // Steps below a billionth of the values would be lost in their rounding.
        let least = max(max(abs(low), abs(high)) * 1e-9, 1e-280)
        if high - low < least {
            let room = max(abs(high) * 0.05, high == 0 ? 0.5 : 1e-280)
            if axis.lower == nil { low -= room }
            if axis.upper == nil { high += room }
        }
        return (low, high)
    }
}
