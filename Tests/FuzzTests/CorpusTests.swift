import Foundation
import FuzzTargets
import Random
import Testing

/// What `scripts/fuzz` does by the million with a sanitizer, in small: seeds, found cases, and some thousand mutations, in the build that
/// users get. A parser that traps ends the whole run. One after the other, because targets share their scratch files.
@Suite(.serialized) struct CorpusTests {
    private static let corpora = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpora")

    @Test(arguments: FuzzTarget.all) func seedsAreAccepted(_ target: FuzzTarget) throws {
        let seeds = try target.seeds()
        #expect(!seeds.isEmpty)
        for (number, seed) in seeds.enumerated() {
            #expect(seed.count <= target.longestInput, "seed \(number) of \(target.name)")
            #expect(throws: Never.self, "seed \(number) of \(target.name)") { try target.read(seed) }
        }
    }

    @Test func foundCasesEndWell() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path)
        var cases = 0
        for folder in folders.sorted() {
            let target = try #require(FuzzTarget.all.first { $0.name == folder }, "Corpora/\(folder) is of no parser")
            let place = Self.corpora.appendingPathComponent(folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() {
                target.feed(Array(try Data(contentsOf: place.appendingPathComponent(name))))
                cases += 1
            }
        }
        #expect(cases > 0)
    }

    @Test(arguments: FuzzTarget.all) func mutatedSeedsEndWell(_ target: FuzzTarget) throws {
        for (number, seed) in try target.seeds().enumerated() {
            for round in 0..<500 { target.feed(mutated(seed, number: UInt32(number), round: UInt32(round))) }
        }
    }

    /// Up to eight changes: a bit, a byte, a few bytes taken out or put in twice, the end cut off.
    private func mutated(_ seed: [UInt8], number: UInt32, round: UInt32) -> [UInt8] {
        let generator = CounterGenerator(seed: 1, purpose: .order)
        var bytes = seed
        for change in 0...round % 8 {
            let draw = generator.block(number, round, change)
            guard !bytes.isEmpty else { break }
            let place = Int(draw.x) % bytes.count
            let end = min(bytes.count, place + 1 + Int(draw.y % 16))
            switch draw.z % 5 {
            case 0: bytes[place] ^= 1 << UInt8(draw.w % 8)
            case 1: bytes[place] = UInt8(truncatingIfNeeded: draw.w)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes.removeLast(draw.w % 8 == 0 ? bytes.count - place : 1)
            }
        }
        return bytes
    }
}

extension FuzzTarget: CustomTestStringConvertible {
    public var testDescription: String { name }
}
