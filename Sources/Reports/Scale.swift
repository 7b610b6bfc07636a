import Foundation

/// How values lie along an axis: evenly, or by their powers of two or ten.
public enum Scale: Sendable, Equatable, CaseIterable {
    case linear
    case log2
    case log10

    /// What a value must not exceed to be drawn, and what a positive one must not fall below on a logarithmic axis: beyond it arithmetic
    /// on ranges of values would itself no longer be finite, and no run that trains comes near it.
    static let limit = 1e300

    var isLogarithmic: Bool { self != .linear }

    /// Where a value lies, in an arbitrary unit that grows evenly along the axis: itself, or its logarithm.
    func place(of value: Double) -> Double {
        switch self {
        case .linear: value
        case .log2: Foundation.log2(value)
        case .log10: Foundation.log10(value)
        }
    }

    /// The value at a place.
    func value(at place: Double) -> Double {
        switch self {
        case .linear: place
        case .log2: exp2(place)
        case .log10: pow(10, place)
        }
    }

    /// Whether, and where, a value can be drawn.
    func standing(of value: Double) -> Standing {
        if value.isNaN || value > Self.limit { return .diverged(upwards: true) }
        if value < -Self.limit { return .diverged(upwards: false) }
        return isLogarithmic && value < 1 / Self.limit ? .withoutLogarithm : .shown
    }
}

/// Whether, and where, a value can be drawn on an axis.
enum Standing: Equatable {
    case shown
    /// Not finite: beyond the upper or lower end. What is not a number counts as beyond the upper one, for that is where losses go.
    case diverged(upwards: Bool)
    /// Zero or less, on a logarithmic axis.
    case withoutLogarithm
}
