import Diagnostics
import Random

/// What the weights of a layer hold before the first step. Biases begin at zero, but with `uniform`, where they are drawn alike.
public enum Initialisation: Sendable, Equatable {
    /// Uniform within ±1/√fan-in, weights and biases alike. Source: LeCun et al., "Efficient BackProp", 1998, section 4.6, in the form
    /// that is PyTorch's default, so that runs of both begin alike.
    case uniform
    /// Normal with deviation √(2 / fan-in). Source: He et al., "Delving Deep into Rectifiers", ICCV 2015, equation 10.
    case he
    /// Uniform within ±√(6 / (fan-in + fan-out)). Source: Glorot and Bengio, AISTATS 2010, equation 16.
    case glorot
    /// Normal with this deviation.
    case normal(deviation: Double)
    /// Normal with this deviation times 1/√fan-in.
    case scaledNormal(deviation: Double)
    case zeros
    case ones
}

/// The inputs and outputs that one weight's layer connects, which initialisations scale by.
struct Fan: Sendable, Equatable {
    var input: Int
    var output: Int
}

extension Initialisation {
    /// Fills `count` values; the values are a pure function of the generator and of `ordinal`, the parameter's place in the model.
    func fill(_ values: UnsafeMutablePointer<Float>, count: Int, fan: Fan, generator: CounterGenerator, ordinal: Int) {
        let input = Float(max(fan.input, 1))
        switch self {
        case .zeros: values.update(repeating: 0, count: count)
        case .ones: values.update(repeating: 1, count: count)
        case .uniform: fillUniform(bound: 1 / input.squareRoot())
        case .glorot: fillUniform(bound: (6 / Float(max(fan.input + fan.output, 1))).squareRoot())
        case .he: fillNormal(deviation: (2 / input).squareRoot())
        case .normal(let deviation): fillNormal(deviation: Float(deviation))
        case .scaledNormal(let deviation): fillNormal(deviation: Float(deviation) / input.squareRoot())
        }

        func fillUniform(bound: Float) { fillFours { (2 * $0.unitFloats - 1) * bound } }
        func fillNormal(deviation: Float) { fillFours { $0.normalFloats * deviation } }
        func fillFours(_ draw: (SIMD4<UInt32>) -> SIMD4<Float>) {
            for first in stride(from: 0, to: count, by: 4) {
                let four = draw(generator.block(UInt32(first / 4), UInt32(ordinal), 0))
                for lane in 0..<min(4, count - first) { values[first + lane] = four[lane] }
            }
        }
    }
}

/// Written as a bare name, or as `normal: 0.01` and `scaled-normal: 1`.
extension Initialisation: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case normal
        case scaledNormal = "scaled-normal"
    }

    private static let names: [String: Initialisation] = [
        "uniform": .uniform, "he": .he, "glorot": .glorot, "zeros": .zeros, "ones": .ones,
    ]

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            guard let known = Self.names[name] else {
                let all = Self.names.keys.sorted() + CodingKeys.allCases.map { "\($0.rawValue): DEVIATION" }
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "unknown initialisation '\(name)': known are \(all.joined(separator: ", "))"))
            }
            self = known
            return
        }
        let container = try decoder.settings(CodingKeys.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "an initialisation is a bare name, or one name with its deviation, as in 'normal: 0.01'"))
        }
        let deviation = try container.decode(Double.self, forKey: key)
        guard deviation.isFinite && deviation >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container, debugDescription: "found a deviation of \(deviation), expected a number of at least 0")
        }
        self = key == .normal ? .normal(deviation: deviation) : .scaledNormal(deviation: deviation)
    }

    public func encode(to encoder: any Encoder) throws {
        if let name = Self.names.first(where: { $0.value == self })?.key {
            var container = encoder.singleValueContainer()
            return try container.encode(name)
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .normal(let deviation): try container.encode(deviation, forKey: .normal)
        case .scaledNormal(let deviation): try container.encode(deviation, forKey: .scaledNormal)
        default: break
        }
    }
}
