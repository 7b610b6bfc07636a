/// How far computed values are from the expected ones, element by element, in units of the error that each may have.
///
/// What is not finite is never close, unless the very same was expected.
public struct Agreement: Sendable, CustomStringConvertible {
    /// Half a unit in the last place of 1: the largest relative error of one rounding to Float.
    public static let roundoff = Double(Float.ulpOfOne) / 2

    public private(set) var compared = 0
    /// The largest error so far, as a part of its tolerance.
    public private(set) var worst = 0.0
    private var worstText = ""

    public init() {}

    /// Whether every value was within its tolerance, and there was one.
    public var holds: Bool { compared > 0 && worst <= 1 }

    /// Compares one value; `place` says which, should it be the worst.
    public mutating func compare(_ found: Double, _ expected: Double, tolerance: Double, _ place: @autoclosure () -> String) {
        compared += 1
        let same = found == expected || (found.isNaN && expected.isNaN)
        let ratio = same ? 0 : abs(found - expected) / tolerance
        if ratio <= worst { return }
        worst = ratio.isNaN ? .infinity : ratio
        worstText = "\(place()): found \(found), expected \(expected) ± \(tolerance)"
    }

    /// Compares arrays of equal length; `tolerances` has one for each element.
    public mutating func compare(_ found: [Float], _ expected: [Float], tolerances: [Double], _ place: @autoclosure () -> String) {
        if found.count != expected.count || expected.count != tolerances.count {
            compare(Double(found.count), Double(expected.count), tolerance: 0, "\(place()): the number of values")
            return
        }
        for i in found.indices {
            compare(Double(found[i]), Double(expected[i]), tolerance: tolerances[i], "\(place()), element \(i)")
        }
    }

    public mutating func merge(_ other: Agreement) {
        compared += other.compared
        if other.worst > worst { (worst, worstText) = (other.worst, other.worstText) }
    }

    public var description: String { "\(compared) values, the worst error \(worst) of its tolerance; \(worstText)" }
}
