import Diagnostics
import ImageFiles

/// A parser of foreign bytes, as a fuzzer feeds it: by the entry that users reach, and on to what reads the parsed thing.
///
/// A `Failure` that it throws is its answer to bytes that are not right. Any other error, and whatever ends the process (a trap, a read
/// outside, an allocation beyond `largestAllocation`), is a bug.
public struct FuzzTarget: Sendable {
    /// What `scripts/fuzz` and the corpora call it.
    public let name: String
    /// In bytes, of the inputs that are made up.
    public let longestInput: Int
    /// In mebibytes, of one allocation while an input of that length is read.
    public let largestAllocation: Int
    /// Inputs that the parser accepts, each made by what writes such files: mutations begin here.
    public let seeds: @Sendable () throws -> [[UInt8]]
    /// Feeds the parser. Throws: what the parser throws.
    public let read: @Sendable (_ bytes: [UInt8]) throws -> Void

    init(
        _ name: String, longestInput: Int = 8_192, largestAllocation: Int = 16,
        seeds: @escaping @Sendable () throws -> [[UInt8]], read: @escaping @Sendable (_ bytes: [UInt8]) throws -> Void
    ) {
        (self.name, self.longestInput, self.largestAllocation) = (name, longestInput, largestAllocation)
        (self.seeds, self.read) = (seeds, read)
    }

    /// Feeds the parser, and ends the process where it throws something else than its answer to foreign bytes.
    public func feed(_ bytes: [UInt8]) {
        do { try read(bytes) } catch is Failure {} catch is UnreadableImage {} catch {
            fault("\(name) threw \(error), which is no Failure")
        }
    }

    public static let all: [FuzzTarget] = [
        .checkpoint, .idx, .cifar, .packed, .image, .gzip, .tar, .recipe, .model, .run, .recorder, .failure, .metrics, .study,
        .steps,
        .scaling, .hostfile,
    ]
}
