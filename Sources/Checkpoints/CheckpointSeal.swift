/// The metadata entries that are the format's own, and the checks that hang on them (the rules stand in Checkpoint.swift).
enum CheckpointSeal {
    static let version = "1"
    static let versionKey = "lockstep"
    static let experimentKey = "experiment"
    static let positionKey = "position"
    static let headerKey = "crc32"
    private static let unsealed = "00000000"

    static func key(ofTensor name: String) -> String { "crc32." + name }

    static func isReserved(_ key: String) -> Bool {
        key == experimentKey || key == positionKey || key.hasPrefix(headerKey) || key.hasPrefix(versionKey)
    }

    /// The header with the CRC-32 of its own bytes in it.
    static func sealed(_ header: SafetensorsHeader) -> SafetensorsHeader {
        var header = header
        header.metadata[headerKey] = unsealed
        header.metadata[headerKey] = header.encoded().withUnsafeBytes { Checksum($0).text }
        return header
    }

    /// Whether lockstep wrote a file with this metadata, by rules that this reader knows.
    static func checkOrigin(_ metadata: [String: String]) throws(HeaderFault) {
        guard let found = metadata[versionKey] else {
            throw HeaderFault("it is a safetensors file, but not one that lockstep wrote: its metadata has no \"\(versionKey)\"")
        }
        guard found == version else {
            throw HeaderFault(
                "it follows version \"\(found)\" of the checkpoint format, and this lockstep knows version \(version)")
        }
    }

    /// Whether `header`, parsed from `bytes` (the length field and the header), is whole and spelled as the format demands.
    static func checkHeader(_ header: SafetensorsHeader, bytes: [UInt8]) throws(HeaderFault) {
        let expected = sealed(header)
        let found = header.metadata[headerKey] ?? "none"
        guard expected.metadata[headerKey] == found else {
            throw HeaderFault(
                "its header is damaged: its CRC-32 is \(expected.metadata[headerKey] ?? "unknown"), the file says \(found)")
        }
        guard expected.encoded() == bytes else {
            throw HeaderFault("its header is damaged: it does not have the spelling that lockstep writes")
        }
        let expectedKeys = 4 + header.tensors.count
        let ownKeys = header.metadata.keys.count(where: isReserved)
        guard ownKeys == expectedKeys else {
            throw HeaderFault("its metadata has \(ownKeys) entries of the format's own, not \(expectedKeys)")
        }
    }

    /// Whether the bytes of one tensor are those that were written.
    static func checkTensor(
        _ tensor: SafetensorsHeader.Entry, bytes: UnsafeRawBufferPointer, metadata: [String: String]
    ) throws(HeaderFault) {
        let expected = metadata[key(ofTensor: tensor.name)] ?? "none"
        let found = Checksum(bytes).text
        guard found == expected else {
            throw HeaderFault("its tensor \"\(tensor.name)\" is damaged: its CRC-32 is \(found), the header says \(expected)")
        }
    }

    /// An entry that every checkpoint has.
    static func required(_ key: String, in metadata: [String: String]) throws(HeaderFault) -> String {
        guard let value = metadata[key] else { throw HeaderFault("its metadata has no \"\(key)\"") }
        return value
    }
}
