// The safetensors format, as far as checkpoints use it (https://github.com/huggingface/safetensors):
//
//     offset   bytes   contents
//     0        8       N, the header's length, little-endian; at most 100,000,000
//     8        N       the header: JSON in UTF-8, padded with spaces so that 8 + N is a multiple of 8
//     8 + N    …       the tensors' elements, little-endian, C order, one after the other without holes
//
// The header is one object. `__metadata__` maps strings to strings; every other name is a tensor:
// {"dtype":"F32","shape":[3,3,1,8],"data_offsets":[BEGIN,END]}, the offsets counted from byte 8 + N.

/// The header of a safetensors file whose tensors are all F32.
struct SafetensorsHeader: Equatable {
    /// One tensor: `byteCount` bytes, from `offset` bytes after the header's end.
    struct Entry: Equatable {
        let name: String
        let shape: [Int]
        let offset: Int
        let byteCount: Int
    }

    static let longest = 100_000_000
    static let lengthByteCount = 8
    static let alignment = 8
    static let metadataName = "__metadata__"
    static let elementType = "F32"

    var metadata: [String: String]
    /// In the order of their bytes.
    var tensors: [Entry]

    /// Lays tensors of the given names and shapes out one after the other.
    init(metadata: [String: String], tensors: [(name: String, shape: [Int])]) {
        self.metadata = metadata
        self.tensors = []
        var offset = 0
        for (name, shape) in tensors {
            let byteCount = shape.reduce(MemoryLayout<Float>.stride, *)
            self.tensors.append(Entry(name: name, shape: shape, offset: offset, byteCount: byteCount))
            offset += byteCount
        }
    }

    init(metadata: [String: String], tensors: [Entry]) {
        self.metadata = metadata
        self.tensors = tensors
    }

    /// The length field and the header, in the one spelling that lockstep writes: metadata first, its keys sorted by their UTF-8
    /// bytes; tensors in the order of their bytes, `dtype`, `shape`, `data_offsets` in each; no white space but the padding; the
    /// characters `"`, `\` and those below U+0020 escaped (the latter as `\u00xx`), everything else as it is.
    func encoded() -> [UInt8] {
        var text: [UInt8] = Array("{\(quoted(Self.metadataName)):{".utf8)
        let keys = metadata.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for (index, key) in keys.enumerated() {
            text += Array("\(index == 0 ? "" : ",")\(quoted(key)):\(quoted(metadata[key] ?? ""))".utf8)
        }
        text.append(UInt8(ascii: "}"))
        for tensor in tensors {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let range = "\(tensor.offset),\(tensor.offset + tensor.byteCount)"
            let description = "{\"dtype\":\"\(Self.elementType)\",\"shape\":[\(shape)],\"data_offsets\":[\(range)]}"
            text += Array(",\(quoted(tensor.name)):\(description)".utf8)
        }
        text.append(UInt8(ascii: "}"))
        while (Self.lengthByteCount + text.count) % Self.alignment != 0 { text.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }
}

private func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\u{0}"..<"\u{20}":
            let digits = String(scalar.value, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: text.unicodeScalars.append(scalar)
        }
    }
    return text + "\""
}
