import Datasets
import Diagnostics
import Networks

/// Whether BatchNorm's statistics, which are those of a micro-batch or of the global batch, stand on enough samples.
struct BatchNormCheck {
    private static let fewestSamples = 16
    private let layers: [ResolvedLayer]
    private let isSynchronised: Bool
    /// Samples of the smallest set that statistics are taken over, in a whole global batch and in an epoch's last one.
    private let smallest: (whole: Int, last: Int)

    init(_ experiment: Experiment, partition: BatchPartition, samples: Int) throws {
        layers = try experiment.resolvedModel().resolvedLayers().flatMap(\.flattened).filter {
            if case .batchNorm = $0.description { true } else { false }
        }
        let isSynchronised = experiment.syncBatchNorm
        self.isSynchronised = isSynchronised
        let rest = samples % partition.globalBatch
        func smallest(of count: Int) -> Int {
            if isSynchronised { return count }
            return (0..<partition.microBatches).map { partition.positions(ofMicroBatch: $0, inBatchOf: count).count }
                .filter { $0 > 0 }.min() ?? 0
        }
        self.smallest = (smallest(of: partition.globalBatch), smallest(of: rest == 0 ? partition.globalBatch : rest))
    }

    /// - Throws: `Failure.usage` where statistics would be taken over one value, which has no variance.
    func check() throws {
        guard let layer = layers.first(where: { $0.input.height * $0.input.width == 1 }), min(smallest.whole, smallest.last) == 1
        else {
            return
        }
        throw Failure(
            .usage,
            isSynchronised
                ? "layer \(layer.name) would take its statistics over one value, in a global batch of one sample: set another --global-batch"
                : "layer \(layer.name) would take its statistics over one value, in a micro-batch of one sample: set --micro-batches lower, "
                    + "--sync-batchnorm, or a --global-batch that leaves a larger last batch")
    }

    /// What to say where statistics stand on few samples; nil where they do not.
    var warning: String? {
        guard !layers.isEmpty, smallest.whole < Self.fewestSamples else { return nil }
        let poor = "below \(Self.fewestSamples) they are poor: set"
        return isSynchronised
            ? "BatchNorm takes its statistics over the global batch, of \(smallest.whole) samples here; \(poor) --global-batch higher"
            : "BatchNorm takes its statistics over each micro-batch, of \(smallest.whole) samples here; \(poor) --micro-batches lower, "
                + "--global-batch higher, or --sync-batchnorm"
    }
}
