import Diagnostics
import Foundation
import Testing

@testable import Checkpoints
import TestSupport

@Suite struct CheckpointFormatTests {
    @Test func everythingComesBack() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/a.safetensors"
            let tensors = Tensors()
            tensors.add("conv1.weight", [3, 3, 1, 2], (0..<18).map { Float($0) / 7 })
            tensors.add("né \"quoted\" \\ \n 🙂", [], [.nan])
            tensors.add("empty", [0, 5], [])
            tensors.add("a", [2], [-0.0, .leastNonzeroMagnitude])
            let experiment = #"{"model":"leNet","note":"a\n\u0001 é"}"#
            try tensors.write(to: path, experiment: experiment, position: "\u{1}\t/ü", metadata: ["accuracy": "0.9"])

            let file = try CheckpointFile(path: path)
            #expect(file.experiment == experiment)
            #expect(file.position == "\u{1}\t/ü")
            #expect(file.metadata == ["accuracy": "0.9"])
            #expect(file.tensors.map(\.name) == tensors.named.map(\.name))
            #expect(file.tensors.map(\.shape) == tensors.named.map(\.shape))
            for tensor in tensors.named {
                let bits = try file.withValues(of: tensor.name, shape: tensor.shape) { $0.map(\.bitPattern) }
                #expect(bits == tensor.values.map(\.bitPattern))
                let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.values.count)
                defer { copy.deallocate() }
                try file.copy(tensor.name, shape: tensor.shape, into: copy)
                #expect(copy.map(\.bitPattern) == tensor.values.map(\.bitPattern))
            }
        }
    }

    /// The bytes are an interface: a change here is a new version of the format.
    @Test func bytesAreThoseOfVersionOne() throws {
        let header =
            #"{"__metadata__":{"crc32":"72095425","crc32.b":"02f152b0","crc32.w":"0f480ca0","experiment":"{\"seed\":1}","#
            + #""lockstep":"1","position":"{\"step\":7}","zone":"ü\u000a"},"#
            + #""w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F32","shape":[1],"data_offsets":[24,28]}}"#
        try withTemporaryDirectory { directory in
            let path = "\(directory)/golden.safetensors"
            let tensors = Tensors.tiny()
            try tensors.write(to: path, experiment: #"{"seed":1}"#, position: #"{"step":7}"#, metadata: ["zone": "ü\n"])
            let bytes = try contents(of: path)
            let padded = header.utf8 + Array(repeating: UInt8(ascii: " "), count: (8 - header.utf8.count % 8) % 8)
            #expect(bytes.prefix(8).elementsEqual(withUnsafeBytes(of: UInt64(padded.count).littleEndian) { Array($0) }))
            #expect(
                String(decoding: bytes.dropFirst(8).prefix(padded.count), as: UTF8.self) == String(decoding: padded, as: UTF8.self))
            let data = bytes.dropFirst(8 + padded.count)
            #expect(data.elementsEqual(tensors.named.flatMap { Array(UnsafeRawBufferPointer($0.values)) }))
            // Equal contents are equal bytes, whatever the order in which a dictionary gives its keys.
            for number in 0..<20 {
                let metadata = Dictionary(uniqueKeysWithValues: (0..<number).map { ("key\($0)", "value") } + [("zone", "ü\n")])
                let (one, other) = ("\(directory)/one", "\(directory)/other")
                try tensors.write(to: one, metadata: metadata)
                try tensors.write(to: other, metadata: metadata)
                #expect(try contents(of: one) == contents(of: other))
            }
        }
    }

    @Test func checksumIsThatOfZlib() {
        #expect(Array("123456789".utf8).withUnsafeBytes { Checksum($0).text } == "cbf43926")
        #expect(Checksum(UnsafeRawBufferPointer(start: nil, count: 0)).text == "00000000")
    }

    @Test func tensorsAreAskedForByNameAndShape() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/a.safetensors"
            let tensors = Tensors()
            tensors.add("conv1.weight", [2], [1, 2])
            try tensors.write(to: path)
            let file = try CheckpointFile(path: path)
            let unknown = #expect(throws: Failure.self) { try file.withValues(of: "conv1.wieght", shape: [2]) { _ in } }
            #expect(unknown?.description.contains(#"no tensor "conv1.wieght" (it has "conv1.weight")"#) == true)
            #expect(unknown?.description.hasPrefix(path) == true)
            let reshaped = #expect(throws: Failure.self) { try file.withValues(of: "conv1.weight", shape: [1, 2]) { _ in } }
            #expect(reshaped?.description.contains(#""conv1.weight" with the shape [2], not [1, 2]"#) == true)
        }
    }

    /// Another reader: the safetensors package where python has it, else the format's own description in a few lines of python.
    @Test(.enabled(if: run(["python3", "-c", ""])?.status == 0, "no python3 in the search path"))
    func pythonReadsIt() throws {
        let script = #"""
            import json, struct, sys, zlib
            path = sys.argv[1]
            raw = open(path, "rb").read()
            length, = struct.unpack("<Q", raw[:8])
            assert (8 + length) % 8 == 0
            header = json.loads(raw[8:8 + length])
            metadata = header.pop("__metadata__")
            zeroed = raw[:8 + length].replace(metadata["crc32"].encode(), b"0" * 8, 1)
            assert "%08x" % zlib.crc32(zeroed) == metadata["crc32"]
            found = {}
            for name, tensor in header.items():
                begin, end = (8 + length + offset for offset in tensor["data_offsets"])
                assert "%08x" % zlib.crc32(raw[begin:end]) == metadata["crc32." + name]
                found[name] = [tensor["shape"], list(struct.unpack("<%df" % ((end - begin) // 4), raw[begin:end]))]
            reader = "struct"
            try:
                import numpy, safetensors
                with safetensors.safe_open(path, framework="np") as file:
                    assert file.metadata() == metadata
                    assert sorted(file.keys()) == sorted(found)
                    found = {n: [list(file.get_tensor(n).shape), file.get_tensor(n).ravel().tolist()] for n in found}
                reader = "safetensors"
            except ImportError:
                pass
            assert found == {"w": [[2, 3], [1, -2, 0.5, float("inf"), 0, 3.25]], "b": [[1], [struct.unpack("f", struct.pack("f", 0.1))[0]]]}
            print("read by", reader, metadata["position"])
            """#
        try withTemporaryDirectory { directory in
            let path = "\(directory)/a.safetensors"
            try Tensors.tiny().write(to: path, position: #"{"step":7}"#)
            let result = try #require(run(["python3", "-c", script, path]))
            #expect(result.status == 0 && result.output.hasPrefix("read by "), "\(result.output)")
            #expect(result.output.hasSuffix("{\"step\":7}\n"), "\(result.output)")
        }
    }
}
