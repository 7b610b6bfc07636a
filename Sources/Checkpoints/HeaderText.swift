/// The part of JSON that a safetensors header is made of: objects, lists, strings and whole numbers from 0 up.
///
/// Why not Foundation's parser: it lets the last of two equal keys win in silence, it takes `1.0` for 1, and it recurses as deep as a
/// hostile file likes. This one refuses what the format has no use for, and says at which byte:
///
/// - equal keys in one object (compared as Swift compares strings: canonically equivalent spellings are equal too),
/// - numbers that are negative, fractional or above 2⁶³ − 1; `true`, `false` and `null`,
/// - more than `deepest` levels, or more than `longestList` elements in a list,
/// - anything but spaces after the value; anything but `{` before it.
enum HeaderText {
    case string(String)
    case number(Int)
    case list([HeaderText])
    case object([(key: String, value: HeaderText)])

    /// The header object, a tensor in it, a shape in that.
    static let deepest = 3
    /// No tensor has more axes.
    static let longestList = 64

    /// Parses a header. O(bytes) time and space.
    init(parsing bytes: [UInt8]) throws(HeaderFault) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw HeaderFault("its header is not valid UTF-8") }
        guard bytes.first == UInt8(ascii: "{") else { throw HeaderFault("its header does not begin with a brace") }
        var parser = HeaderParser(bytes: bytes)
        self = try parser.value(depth: 1)
        guard bytes[parser.position...].allSatisfy({ $0 == UInt8(ascii: " ") }) else {
            throw parser.fault("something else than spaces follows the header's last brace")
        }
    }
}

/// A recursive descent over checked UTF-8; the recursion is bounded by `HeaderText.deepest`.
private struct HeaderParser {
    let bytes: [UInt8]
    var position = 0

    static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    init(bytes: [UInt8]) { self.bytes = bytes }

    func fault(_ text: String) -> HeaderFault { HeaderFault("\(text) (byte \(position) of the header)") }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    /// Steps over `character` and the white space before it, if it comes next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func value(depth: Int) throws(HeaderFault) -> HeaderText {
        skipSpace()
        switch next {
        case UInt8(ascii: "\""): return .string(try string())
        case let byte? where Self.digits.contains(byte): return .number(try number())
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth <= HeaderText.deepest else {
                throw fault("its header is nested deeper than \(HeaderText.deepest) levels")
            }
            return next == UInt8(ascii: "{") ? try object(depth: depth) : try list(depth: depth)
        case nil: throw fault("its header ends in the middle")
        default: throw fault("its header has something else than a string, a number from 0 up, a list or an object")
        }
    }

    private mutating func object(depth: Int) throws(HeaderFault) -> HeaderText {
        position += 1
        var members: [(key: String, value: HeaderText)] = []
        var keys: Set<String> = []
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("its header lacks a name in quotation marks") }
            let key = try string()
            guard keys.insert(key).inserted else { throw fault("its header has the name \"\(key)\" twice") }
            guard take(":") else { throw fault("its header lacks a colon after \"\(key)\"") }
            members.append((key, try value(depth: depth + 1)))
        } while take(",")
        guard take("}") else { throw fault("its header lacks a comma or a closing brace") }
        return .object(members)
    }

    private mutating func list(depth: Int) throws(HeaderFault) -> HeaderText {
        position += 1
        var elements: [HeaderText] = []
        if take("]") { return .list(elements) }
        repeat {
            guard elements.count < HeaderText.longestList else {
                throw fault("its header has a list of more than \(HeaderText.longestList) elements")
            }
            elements.append(try value(depth: depth + 1))
        } while take(",")
        guard take("]") else { throw fault("its header lacks a comma or a closing bracket") }
        return .list(elements)
    }

    private mutating func number() throws(HeaderFault) -> Int {
        let start = position
        var value = 0
        while let byte = next, Self.digits.contains(byte) {
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflowed, !carried else { throw fault("its header has a number above \(Int.max)") }
            value = sum
            position += 1
        }
        guard position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            throw fault("its header has a number with a leading zero")
        }
        if let byte = next, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(byte) {
            throw fault("its header has a number that is not whole")
        }
        return value
    }

    private mutating func string() throws(HeaderFault) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case ..<0x20: throw fault("its header has a control character in a string")
            default: text.append(byte)
            }
        }
        throw fault("its header ends in the middle of a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(HeaderFault) {
        let kind = next
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[position - 1])
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var units = [try codeUnit()]
            if UTF16.isLeadSurrogate(units[0]), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                units.append(try codeUnit())
            }
            guard let decoded = String(validating: units, as: UTF16.self) else {
                throw fault("its header has half of a surrogate pair")
            }
            text.append(contentsOf: decoded.utf8)
        default: throw fault("its header has an unknown escape in a string")
        }
    }

    private mutating func codeUnit() throws(HeaderFault) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("its header has an escape without four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
