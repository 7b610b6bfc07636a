import Diagnostics

extension NetworkModel.Link {
    /// A link as users write it: "10us,1.2GB/s", a message's latency and the bandwidth; "10us,1.2GB/s,1us" with what each further message
    /// of a host costs, which is else nothing.
    ///
    /// Times in ns, us or µs, ms, s. Rates in B/s (bytes) or bit/s or b/s (bits), with k, M, G, T for powers of 1,000 and Ki, Mi, Gi, Ti for
    /// powers of 1,024. Blanks may stand between.
    ///
    /// - Throws: `Failure.usage` that says which piece was not understood, and why.
    public init(parsing text: String) throws {
        let pieces = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmed }
        guard (2...3).contains(pieces.count) else {
            throw Failure(
                .usage, "--network: found '\(text)', expected a latency and a bandwidth with a comma between, as in 10us,1.2GB/s")
        }
        self.init(
            latency: try Self.seconds(pieces[0], "latency"), bandwidth: try Self.bytesPerSecond(pieces[1]),
            perMessage: try pieces.count == 3 ? Self.seconds(pieces[2], "cost of a message") : 0)
    }

    private static let timeUnits = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0]
    private static let prefixes = [
        "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 0x1p10, "Mi": 0x1p20, "Gi": 0x1p30, "Ti": 0x1p40,
    ]
    /// Bytes of one.
    private static let amounts = ["B": 1.0, "bit": 0.125, "b": 0.125]

    private static func seconds(_ text: String, _ what: String) throws -> Double {
        let (number, unit) = try parts(text, of: what, example: "10us")
        guard let second = timeUnits[unit] else {
            throw Failure(.usage, "--network: the \(what) '\(text)' has the unit '\(unit)', expected ns, us, ms or s, as in 10us")
        }
        return number * second
    }

    private static func bytesPerSecond(_ text: String) throws -> Double {
        let (number, unit) = try parts(text, of: "bandwidth", example: "1.2GB/s")
        for (prefix, factor) in prefixes {
            for (amount, bytes) in amounts where unit == prefix + amount + "/s" { return number * factor * bytes }
        }
        throw Failure(
            .usage,
            "--network: the bandwidth '\(text)' has the unit '\(unit)', expected bytes (kB/s, MB/s, GB/s, or MiB/s, GiB/s for powers of "
                + "1,024) or bits (Mbit/s, Gbit/s), as in 1.2GB/s")
    }

    /// A number above 0, and the letters behind it.
    private static func parts(_ text: String, of what: String, example: String) throws -> (Double, String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        // 1e3us: an exponent is a number's, if digits follow it.
        var number = String(digits)
        var rest = text.dropFirst(digits.count)
        if let mark = rest.first, mark == "e" || mark == "E" {
            let sign = rest.dropFirst().prefix { $0 == "-" || $0 == "+" }
            let exponent = rest.dropFirst(1 + sign.count).prefix { $0.isASCII && $0.isNumber }
            if !exponent.isEmpty, sign.count <= 1 {
                number += "e" + sign + exponent
                rest = rest.dropFirst(1 + sign.count + exponent.count)
            }
        }
        guard let value = Double(number), value > 0, value.isFinite else {
            throw Failure(.usage, "--network: the \(what) is '\(text)', expected a number above 0 and its unit, as in \(example)")
        }
        return (value, String(rest).trimmed)
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
