import Diagnostics
import Foundation

/// A finite number with a fixed number of decimals and a comma between thousands: 12,345.60.
public func fixed(_ value: Double, decimals: Int) -> String {
    require(value.isFinite && decimals >= 0, "cannot write \(value) with \(decimals) decimals")
    let text = String(format: "%.\(decimals)f", abs(value))
    let point = text.firstIndex(of: ".") ?? text.endIndex
    // A number that is rounded to nothing has no sign.
    let sign = value < 0 && text.contains { $0 != "0" && $0 != "." } ? "−" : ""
    let whole = Int(text[..<point]).map(\.grouped) ?? String(text[..<point])
    return sign + whole + text[point...]
}

/// A number by its first digits, without zeros behind them: 0.0500 is 0.05; 1.25×10⁻⁷; 31,250.
///
/// - Parameter digits: how many digits count.
public func brief(_ value: Double, digits: Int = 4) -> String {
    guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
    guard value != 0 else { return "0" }
    var exponent = Int(floor(log10(abs(value))))
    // Digits that round up to the next power count from there: 9.9999 is 10.
    let scale = pow(10, Double(digits - 1))
    if (abs(mantissa(of: value, exponent: exponent)) * scale).rounded() >= 10 * scale { exponent += 1 }
    if exponent >= -4, exponent < 7 {
        return withoutTrailingZeros(fixed(value, decimals: max(0, digits - 1 - exponent)))
    }
    return scientific(value, exponent: exponent, decimals: digits - 1)
}

/// `value` as a number between 1 and 10, and a power of ten: 2.5×10⁻⁶; the power alone where the number is 1.
func scientific(_ value: Double, exponent: Int, decimals: Int) -> String {
    let text = withoutTrailingZeros(fixed(mantissa(of: value, exponent: exponent), decimals: decimals))
    let power = "10" + superscript(exponent)
    return text == "1" ? power : text == "−1" ? "−" + power : "\(text)×\(power)"
}

/// `value` ÷ 10 to the power of `exponent`, in two halves, for ten to the power of −310 or 310 is none.
private func mantissa(of value: Double, exponent: Int) -> Double {
    let half = exponent / 2
    return value / pow(10, Double(half)) / pow(10, Double(exponent - half))
}

private func withoutTrailingZeros(_ text: String) -> String {
    guard text.contains(".") else { return text }
    let cut = text.reversed().drop { $0 == "0" }
    return String((cut.first == "." ? cut.dropFirst() : cut).reversed())
}

private func superscript(_ number: Int) -> String {
    let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    return (number < 0 ? "⁻" : "") + String(String(abs(number)).compactMap { $0.wholeNumberValue.map { digits[$0] } })
}
