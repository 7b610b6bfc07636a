import Datasets
import Diagnostics
import Foundation
import Kernels
import Networks

/// The bytes that one rank needs for a run: its plan, three arenas and two batches of images.
struct MemoryNeed {
    let bytes: Double

    /// - Throws: as `Model.resolvedLayers()`.
    init(_ experiment: Experiment, partition: BatchPartition, capacity: Int, rank: Int) throws {
        let model = try experiment.resolvedModel()
        let (floatsPerSample, otherFloats) = try Plan.requiredFloats(for: model, convolution: experiment.convolution)
        let batches = 2 * Double(partition.largestShare(ofRank: rank)) * Double(model.input.count)
        let arenas = 3 * Double(try model.parameterCount())
        bytes = (floatsPerSample * Double(capacity) + otherFloats + batches + arenas) * Double(MemoryLayout<Float>.stride)
    }

    /// - Throws: `Failure.usage` where all ranks of this host together need more memory than it has.
    func check(ranksHere: Int) throws {
        let available = Double(ProcessInfo.processInfo.physicalMemory) / Double(ranksHere)
        guard bytes <= available else {
            throw Failure(
                .usage,
                String(
                    format:
                        "this run needs %.1f GB on each rank, and its host has %.1f GB for each of its %d rank(s): set --micro-batches "
                        + "higher or --global-batch lower, or take a smaller model", bytes * 1e-9, available * 1e-9, ranksHere))
        }
    }
}
