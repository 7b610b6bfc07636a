// Reading goes in stages, each of which trusts only what the stages before it have checked:
//   1. the length field against the format's bound and the file's size      headerByteCount(lengthField:fileByteCount:)
//   2. the header as text: UTF-8, JSON, nesting, equal names                 HeaderText
//   3. the metadata: strings to strings                                     metadata(in:)
//   4. every tensor by itself: keys, type, shape × 4 = bytes                tensors(in:dataByteCount:)
//   5. all of them together: in order, no overlap, no hole, up to the end of the file

extension SafetensorsHeader {
    /// N, from the first 8 bytes of a file of `fileByteCount` bytes.
    static func headerByteCount(lengthField: [UInt8], fileByteCount: Int) throws(HeaderFault) -> Int {
        guard lengthField.count == lengthByteCount, fileByteCount >= lengthByteCount else {
            throw HeaderFault(
                "it has \(fileByteCount) bytes, and the length of a safetensors header alone takes \(lengthByteCount)")
        }
        let length = lengthField.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length >= 2, length <= UInt64(longest) else {
            throw HeaderFault(
                "it is not a safetensors file: its first 8 bytes give a header of \(length) bytes, not of 2 to \(longest)")
        }
        guard Int(length) <= fileByteCount - lengthByteCount else {
            throw HeaderFault(
                "it is truncated or no safetensors file: it has \(fileByteCount) bytes, and its first 8 give a header of \(length)")
        }
        return Int(length)
    }

    /// The metadata, empty where there is none.
    static func metadata(in text: HeaderText) throws(HeaderFault) -> [String: String] {
        guard case .object(let members) = text else { throw HeaderFault("its header is not an object") }
        var metadata: [String: String] = [:]
        for case (metadataName, let value) in members {
            guard case .object(let pairs) = value else { throw HeaderFault("its metadata is not an object") }
            for (key, value) in pairs {
                guard case .string(let string) = value else { throw HeaderFault("its metadata \"\(key)\" is not a string") }
                metadata[key] = string
            }
        }
        return metadata
    }

    /// The tensors by offset, checked to fill `dataByteCount` bytes without overlap or hole.
    static func tensors(in text: HeaderText, dataByteCount: Int) throws(HeaderFault) -> [Entry] {
        guard case .object(let members) = text else { throw HeaderFault("its header is not an object") }
        var tensors: [Entry] = []
        for (name, value) in members where name != metadataName { tensors.append(try entry(name, value)) }
        // Empty tensors stand before the one that begins at the same byte. The sort is stable: the header's order decides between equals.
        tensors.sort { ($0.offset, $0.byteCount) < ($1.offset, $1.byteCount) }
        var end = 0
        for tensor in tensors {
            guard tensor.offset == end else {
                let what = tensor.offset < end ? "overlaps the tensor before it" : "leaves a hole before it"
                throw HeaderFault("its tensor \"\(tensor.name)\" \(what): it begins at byte \(tensor.offset), not \(end)")
            }
            // Cannot overflow: `entry` has checked that offset + byteCount is a number of the header.
            end = tensor.offset + tensor.byteCount
        }
        guard end == dataByteCount else {
            let last = tensors.last.map { "its last tensor \"\($0.name)\" ends" } ?? "it has no tensors, which end"
            let what = end > dataByteCount ? "it is truncated" : "it has bytes too many"
            throw HeaderFault("\(what): \(last) at byte \(end) after the header, and \(dataByteCount) bytes follow the header")
        }
        return tensors
    }

    private static func entry(_ name: String, _ value: HeaderText) throws(HeaderFault) -> Entry {
        let subject = "its tensor \"\(name)\""
        guard case .object(let members) = value else { throw HeaderFault("\(subject) is not described by an object") }
        var type: String?
        var shape: [Int]?
        var range: [Int]?
        for (key, value) in members {
            switch (key, value) {
            case ("dtype", .string(let string)): type = string
            case ("shape", .list(let list)): shape = try numbers(list, "the shape of \(subject)")
            case ("data_offsets", .list(let list)): range = try numbers(list, "the offsets of \(subject)")
            default: throw HeaderFault("\(subject) has an unknown or wrongly typed entry \"\(key)\"")
            }
        }
        guard let type, let shape, let range else { throw HeaderFault("\(subject) lacks its dtype, shape or data_offsets") }
        guard type == elementType else { throw HeaderFault("\(subject) has elements of type \(type), not \(elementType)") }
        guard range.count == 2, range[0] <= range[1] else {
            throw HeaderFault("\(subject) has the offsets \(range), not a begin and an end after it")
        }
        var byteCount = MemoryLayout<Float>.stride
        for extent in shape {
            let (product, overflowed) = byteCount.multipliedReportingOverflow(by: extent)
            guard !overflowed else { throw HeaderFault("\(subject) has the shape \(shape), more elements than can be counted") }
            byteCount = product
        }
        guard byteCount == range[1] - range[0] else {
            throw HeaderFault(
                "\(subject) has the shape \(shape), \(byteCount) bytes, and the offsets \(range), \(range[1] - range[0]) bytes")
        }
        return Entry(name: name, shape: shape, offset: range[0], byteCount: byteCount)
    }

    private static func numbers(_ list: [HeaderText], _ subject: String) throws(HeaderFault) -> [Int] {
        var numbers: [Int] = []
        for element in list {
            guard case .number(let number) = element else { throw HeaderFault("\(subject) is not a list of numbers from 0 up") }
            numbers.append(number)
        }
        return numbers
    }
}
