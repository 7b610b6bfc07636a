/// Halton's sequence: points that fill a cube evenly, so that few trials leave no large hole.
///
/// Coordinate d of point n is n's digits in the d-th prime's base, mirrored at the point: 1, 2, 3 in base 2 give 1/2, 1/4, 3/4. Source:
/// Halton, Numerische Mathematik 2 (1960).
public enum Halton {
    static let bases = [2, 3, 5, 7, 11, 13]

    /// - Parameter index: from 1; point 0 is the origin.
    public static func point(_ index: Int, dimensions: Int) -> [Double] {
        bases.prefix(dimensions).map { mirrored(index, base: $0) }
    }

    private static func mirrored(_ index: Int, base: Int) -> Double {
        var (rest, value, place) = (index, 0.0, 1.0)
        while rest > 0 {
            place /= Double(base)
            value += Double(rest % base) * place
            rest /= base
        }
        return value
    }
}
