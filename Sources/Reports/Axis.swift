import Diagnostics

/// An axis of a chart, as asked for. What is left open follows from the data.
public struct Axis: Sendable, Equatable {
    /// What the axis measures, with its unit: "learning rate", "seconds per epoch".
    public var label: String
    public var scale: Scale
    /// The value at its beginning; nil: as the data have it.
    public var lower: Double?
    /// The value at its end; nil: as the data have it.
    public var upper: Double?

    /// - Precondition: the bounds are finite and rise, and on a logarithmic axis they are positive.
    public init(_ label: String, scale: Scale = .linear, from lower: Double? = nil, to upper: Double? = nil) {
        for bound in [lower, upper].compactMap({ $0 }) {
            require(scale.standing(of: bound) == .shown, "\(bound) cannot be a bound of the axis '\(label)'")
        }
        if let lower, let upper { require(lower < upper, "the axis '\(label)' cannot go from \(lower) to \(upper)") }
        self.label = label
        self.scale = scale
        self.lower = lower
        self.upper = upper
    }
}
