import Diagnostics
import Foundation
import Testing

@testable import Checkpoints
import TestSupport

@Suite struct CheckpointDamageTests {
    /// The failure of opening a file of these bytes; an issue is recorded if there is none or if it does not name the file.
    private func refusal(of bytes: [UInt8], in directory: String, _ about: String = "") throws -> Failure? {
        let path = "\(directory)/damaged.safetensors"
        try put(bytes, at: path)
        let failure = #expect(throws: Failure.self, "\(about)") { try CheckpointFile(path: path) }
        #expect(failure?.kind == .badData && failure?.description.hasPrefix(path) == true, "\(about)")
        return failure
    }

    @Test func everyFlippedBitIsFound() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/a.safetensors"
            try Tensors.tiny().write(to: path, experiment: #"{"seed":1}"#, metadata: ["é": "x"])
            let whole = try contents(of: path)
            let descriptor = open(path, O_WRONLY)
            defer { close(descriptor) }
            for bit in 0..<whole.count * 8 {
                var byte = whole[bit / 8] ^ (1 << (bit % 8))
                try #require(pwrite(descriptor, &byte, 1, off_t(bit / 8)) == 1)
                do throws(Failure) {
                    _ = try CheckpointFile(path: path)
                    Issue.record("bit \(bit) of \(whole.count * 8) is not looked at")
                } catch {
                    if error.kind != .badData || !error.description.hasPrefix(path) { Issue.record("bit \(bit): \(error)") }
                }
                byte = whole[bit / 8]
                try #require(pwrite(descriptor, &byte, 1, off_t(bit / 8)) == 1)
            }
            #expect(try CheckpointFile(path: path).metadata == ["é": "x"])
            // The last bit of all is one of the tensor b, and the message says so.
            var bytes = whole
            bytes[whole.count - 1] ^= 0x80
            let failure = try #require(try refusal(of: bytes, in: directory))
            #expect(failure.description.contains(#"tensor "b" is damaged: its CRC-32 is"#))
        }
    }

    @Test func truncationAnywhereIsFound() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/a.safetensors"
            try Tensors.tiny().write(to: path)
            let tiny = try contents(of: path)
            for count in 0..<tiny.count { _ = try refusal(of: Array(tiny.prefix(count)), in: directory, "\(count) bytes") }
            _ = try refusal(of: tiny + [0], in: directory, "a byte too many")

            try Tensors.large(50_000).write(to: path)
            let large = try contents(of: path)
            for percent in 0..<100 {
                let count = large.count * percent / 100
                let failure = try refusal(of: Array(large.prefix(count)), in: directory, "\(percent) %")
                if percent > 1 { #expect(failure?.description.contains("truncated") == true) }
            }
        }
    }

    /// What no writer of ours makes, as (header, bytes of data, part of the message).
    static let hostile: [(header: String, dataByteCount: Int, message: String)] = {
        let metadata = #""__metadata__":{"lockstep":"1"}"#
        func tensor(_ name: String, _ shape: String, _ range: String, type: String = "F32") -> String {
            #","\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(range)}"#
        }
        func header(_ tensors: String...) -> String { "{\(metadata)\(tensors.joined())}" }
        return [
            ("{}", 0, "not one that lockstep wrote"),
            (#"{"__metadata__":{"format":"pt"}}"#, 0, "not one that lockstep wrote"),
            (#"{"__metadata__":{"lockstep":"2"}}"#, 0, #"version "2""#),
            (#"{"__metadata__":{"lockstep":1}}"#, 0, "is not a string"),
            (#"{"__metadata__":[]}"#, 0, "metadata is not an object"),
            (header(), 0, "CRC-32"),
            (header(), 4, "it has no tensors"),
            (header(tensor("t", "[1]", "[0,4]")), 4, "CRC-32"),
            (header(tensor("t", "[1]", "[0,4]")), 8, "bytes too many"),
            (header(tensor("t", "[1]", "[0,4]")), 3, "truncated"),
            (header(tensor("t", "[1]", "[0,8]")), 8, "[1], 4 bytes"),
            (header(tensor("t", "[-1]", "[0,4]")), 4, "something else than a string"),
            (header(tensor("t", "[1.0]", "[0,4]")), 4, "not whole"),
            (header(tensor("t", "[01]", "[0,4]")), 4, "leading zero"),
            (header(tensor("t", "[1e0]", "[0,4]")), 4, "not whole"),
            (header(tensor("t", "[null]", "[0,4]")), 4, "something else than a string"),
            (header(tensor("t", #"["1"]"#, "[0,4]")), 4, "not a list of numbers"),
            (header(tensor("t", "[9223372036854775808]", "[0,4]")), 4, "a number above"),
            (header(tensor("t", "[4294967296,4294967296]", "[0,4]")), 4, "more elements than can be counted"),
            (header(tensor("t", "[4611686018427387904]", "[0,0]")), 0, "more elements than can be counted"),
            (
                header(tensor("t", "[\(Array(repeating: "1", count: 65).joined(separator: ","))]", "[0,4]")), 4,
                "a list of more than 64"
            ),
            (header(tensor("t", "[1]", "[4,0]")), 4, "not a begin and an end"),
            (header(tensor("t", "[1]", "[0,4,8]")), 8, "not a begin and an end"),
            (header(tensor("t", "[0]", "[9223372036854775807,9223372036854775807]")), 4, "leaves a hole"),
            (header(tensor("t", "[1]", "[0,4]"), tensor("u", "[2]", "[0,8]")), 8, #""u" overlaps"#),
            (header(tensor("t", "[2]", "[0,8]"), tensor("u", "[1]", "[4,8]")), 8, #""u" overlaps"#),
            (header(tensor("t", "[1]", "[0,4]"), tensor("u", "[1]", "[8,12]")), 12, #""u" leaves a hole"#),
            (header(tensor("t", "[1]", "[4,8]")), 8, #""t" leaves a hole"#),
            (header(tensor("t", "[1]", "[0,4]"), tensor("t", "[1]", "[4,8]")), 8, #"the name "t" twice"#),
            (header(tensor("\u{e9}", "[1]", "[0,4]"), tensor("e\u{301}", "[1]", "[4,8]")), 8, "twice"),
            (header(tensor("t", "[1]", "[0,4]", type: "F64")), 4, "type F64, not F32"),
            (header(#","t":{"dtype":"F32","shape":[1]}"#), 4, "lacks its dtype"),
            (header(#","t":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}"#), 4, "twice"),
            (header(#","t":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":"x"}"#), 4, #"entry "more""#),
            (header(#","t":{"dtype":"F32","shape":1,"data_offsets":[0,4]}"#), 4, #"entry "shape""#),
            (header(#","t":"F32""#), 0, "not described by an object"),
            (String(repeating: #"{"a":"#, count: 100_000), 0, "nested deeper"),
            (header(",\"t\":" + String(repeating: "[", count: 100_000)), 0, "nested deeper"),
            ("[]", 0, "does not begin with a brace"),
            (" {}", 0, "does not begin with a brace"),
            ("{\(metadata)} x", 0, "something else than spaces"),
            ("{\(metadata),}", 0, "lacks a name"),
            ("{\(metadata)", 0, "lacks a comma or a closing brace"),
            (#"{"__metadata__":{"lockstep""#, 0, "lacks a colon"),
            (#"{"__metadata__":{"lockstep":"#, 0, "ends in the middle"),
            (#"{"__metadata__":{"lockstep":"1"#, 0, "ends in the middle of a string"),
            (#"{"__metadata__":{"lockstep":"\"#, 0, "unknown escape"),
            (#"{"a":"\x"}"#, 0, "unknown escape"),
            (#"{"a":"\u12"}"#, 0, "four hexadecimal digits"),
            (#"{"a":"\ud83d"}"#, 0, "half of a surrogate pair"),
            (#"{"a":"\ud83d\u0041"}"#, 0, "half of a surrogate pair"),
            (#"{"a":"\udc00"}"#, 0, "half of a surrogate pair"),
            ("{\"a\":\"\n\"}", 0, "control character"),
            (#"{"a":[1,2"#, 0, "closing bracket"),
        ]
    }()

    @Test func hostileHeadersAreRefused() throws {
        try withTemporaryDirectory { directory in
            for (header, dataByteCount, message) in Self.hostile {
                let about = String(header.prefix(200))
                let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
                let bytes = length + Array(header.utf8) + [UInt8](repeating: 0, count: dataByteCount)
                let failure = try refusal(of: bytes, in: directory, about)
                #expect(failure?.description.contains(message) == true, "\(about) → \(failure?.description ?? "")")
            }
        }
    }

    @Test func hostileBeginningsAreRefused() throws {
        let bound = withUnsafeBytes(of: UInt64(100_000_001).littleEndian) { Array($0) }
        let cases: [(bytes: [UInt8], message: String)] = [
            ([], "it has 0 bytes"),
            ([2, 0, 0], "it has 3 bytes"),
            ([UInt8](repeating: 0xff, count: 8), "18446744073709551615 bytes"),
            ([UInt8](repeating: 0, count: 16), "a header of 0 bytes"),
            (bound + [UInt8](repeating: 0x20, count: 64), "100000001 bytes"),
            ([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d], "truncated or no safetensors file"),
            ([4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x7d], "not valid UTF-8"),
            (Array("PK\u{3}\u{4} a file of another kind".utf8), "not a safetensors file"),
        ]
        try withTemporaryDirectory { directory in
            for (bytes, message) in cases {
                let failure = try refusal(of: bytes, in: directory, message)
                #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
            }
        }
    }

    /// A header that is right in itself, of another spelling or with entries too many, is refused too: one content, one file.
    @Test func otherSpellingsAreRefused() throws {
        try withTemporaryDirectory { directory in
            let header = SafetensorsHeader(metadata: ["lockstep": "1", "experiment": "", "position": ""], tensors: [("t", [0])])
            var tensors = header
            tensors.metadata["crc32.t"] = "00000000"
            let whole = CheckpointSeal.sealed(tensors).encoded()
            let path = "\(directory)/whole.safetensors"
            try put(whole, at: path)
            #expect(try CheckpointFile(path: path).tensors.map(\.name) == ["t"])

            var spaced = whole
            spaced[0] += 8
            _ = try refusal(of: spaced + [UInt8](repeating: 0x20, count: 8), in: directory, "padding")
            let text = String(decoding: whole.dropFirst(8), as: UTF8.self)
            let reordered = text.replacing(#""lockstep":"1","position":"""#, with: #""position":"","lockstep":"1""#)
            let failure = try refusal(of: Array(whole.prefix(8)) + Array(reordered.utf8), in: directory, "order")
            #expect(failure?.description.contains("spelling") == true)

            _ = try refusal(of: CheckpointSeal.sealed(header).encoded(), in: directory, "no CRC of a tensor")
            tensors.metadata["crc32.gone"] = "00000000"
            _ = try refusal(of: CheckpointSeal.sealed(tensors).encoded(), in: directory, "a CRC of no tensor")
        }
    }

    @Test func otherThingsThanFilesAreRefused() throws {
        try withTemporaryDirectory { directory in
            let missing = #expect(throws: Failure.self) { try CheckpointFile(path: "\(directory)/none.safetensors") }
            #expect(missing?.kind == .missing && missing?.description.contains("no checkpoint \(directory)/none") == true)

            let empty = #expect(throws: Failure.self) { try CheckpointFile(path: directory) }
            #expect(
                empty?.kind == .missing && empty?.description.contains("is a directory: checkpoints are files inside it") == true)
            for step in [3, 20, 100] { try Tensors.tiny().write(to: "\(directory)/\(CheckpointStore.name(step: step))") }
            let full = #expect(throws: Failure.self) { try CheckpointFile(path: directory) }
            #expect(full?.description.contains("the newest is \(directory)/step-00000100.safetensors") == true)

            let pipe = "\(directory)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            let waiting = #expect(throws: Failure.self) { try CheckpointFile(path: pipe) }
            #expect(waiting?.description.contains("neither a file nor a directory") == true)
        }
    }
}
