import Kernels

/// Batch normalisation by the statistics of the batch in training, by running ones in evaluation.
///
/// Either direction begins with sums over the samples at hand and ends with a pass over them; between the two, the sums may be added up
/// over all ranks. `open` and `close` stand around the tiles whose sums are taken, `use` before those that use them.
final class BatchNormLayer: CompiledLayer {
    /// Where its tensors start in the arena.
    struct Offsets {
        let scale: Int
        let shift: Int
        let runningMean: Int
        let runningVariance: Int
    }

    private let shape: TensorShape
    private let epsilon: Float
    /// Whether the ReLU behind it is part of it.
    private let rectifies: Bool
    private let wiring: Wiring
    private let offsets: Offsets
    /// Of the last forward pass: mean, variance and 1/√(variance + ε) of each channel.
    private let mean: AlignedFloats
    private let variance: AlignedFloats
    private let inverse: AlignedFloats
    /// Of the last forward pass: the moments of this rank's samples about the running mean.
    private let moments: UnsafeMutableBufferPointer<Double>
    /// The sums of the direction under way: those of this rank, until they are added up over all.
    let sums: UnsafeMutableBufferPointer<Double>

    init(shape: TensorShape, epsilon: Float, rectifies: Bool, wiring: Wiring, offsets: Offsets) {
        self.shape = shape
        self.epsilon = epsilon
        self.rectifies = rectifies
        self.wiring = wiring
        self.offsets = offsets
        mean = AlignedFloats(count: shape.channels)
        variance = AlignedFloats(count: shape.channels)
        inverse = AlignedFloats(count: shape.channels)
        moments = .allocate(capacity: 2 * shape.channels)
        moments.initialize(repeating: 0)
        sums = .allocate(capacity: 2 * shape.channels)
        sums.initialize(repeating: 0)
    }

    deinit {
        moments.deallocate()
        sums.deallocate()
    }

    var forwardUse: Use { wiring.forward }
    var backwardUse: Use { wiring.inputGradient == nil ? Use() : wiring.backward(keeping: [wiring.input]) }
    var momentsUse: Use { Use(reads: [wiring.input]) }
    var gradientSumsUse: Use { Use(reads: [wiring.input, wiring.outputGradient]) }

    var gradientOffsets: [Int] { [offsets.scale, offsets.shift] }

    func isCheap(_ direction: Direction) -> Bool { direction == .forward }

    private var positions: Int { shape.height * shape.width }
    private func rows(_ tile: Tile) -> Int { tile.samples * positions }
    private func statisticsRows(_ batch: MicroBatch) -> Int { batch.statisticsCount * positions }

    /// What values are normalised by: the batch's statistics in training, running ones in evaluation.
    private func transform(_ tile: Tile) -> BatchNormalisation.Transform {
        var mean = UnsafePointer(mean.base)
        if case .evaluation = tile.mode { mean = tile.parameters + offsets.runningMean }
        return .init(
            mean: mean, inverse: inverse.base, scale: tile.parameters + offsets.scale, shift: tile.parameters + offsets.shift,
            rectifies: rectifies)
    }

    /// Before the tiles whose sums are taken.
    func open() {
        sums.update(repeating: 0)
    }

    func addMoments(_ tile: Tile) {
        guard case .training = tile.mode, let sums = sums.baseAddress else { return }
        BatchNormalisation.addMoments(
            rows: rows(tile), channels: shape.channels, input: tile[wiring.input], origin: tile.parameters + offsets.runningMean,
            sums: sums)
    }

    func addGradientSums(_ tile: Tile) {
        guard let sums = sums.baseAddress else { return }
        BatchNormalisation.addGradientSums(
            rows: rows(tile), channels: shape.channels, input: tile[wiring.input], transform(tile),
            outputGradient: tile[wiring.outputGradient], sums: sums)
    }

    /// Behind the tiles whose moments were taken.
    func closeForward() {
        guard let moments = moments.baseAddress, let sums = sums.baseAddress else { return }
        moments.update(from: sums, count: 2 * shape.channels)
    }

    /// Behind the tiles whose gradient sums were taken.
    func closeBackward(gradients: UnsafeMutablePointer<Float>) {
        guard let moments = moments.baseAddress, let sums = sums.baseAddress else { return }
        BatchNormalisation.addParameterGradients(
            channels: shape.channels, sums: sums, scaleGradient: gradients + offsets.scale, shiftGradient: gradients + offsets.shift
        )
        // The running statistics travel as sums beside the gradients.
        BatchNormalisation.addRunningSums(
            channels: shape.channels, moments: moments, firstSums: gradients + offsets.runningMean,
            secondSums: gradients + offsets.runningVariance)
    }

    /// Before the tiles that are normalised, with the sums as they stand now.
    func use(_ batch: MicroBatch, parameters: UnsafePointer<Float>, mode: Plan.Mode) {
        guard batch.count > 0, let sums = sums.baseAddress else { return }
        var usedVariance = parameters + offsets.runningVariance
        if case .training = mode {
            BatchNormalisation.statistics(
                rows: statisticsRows(batch), channels: shape.channels, origin: parameters + offsets.runningMean, moments: sums,
                mean: mean.base, variance: variance.base)
            usedVariance = UnsafePointer(variance.base)
        }
        BatchNormalisation.invert(channels: shape.channels, variance: usedVariance, epsilon: epsilon, inverse: inverse.base)
    }

    func forward(_ tile: Tile) {
        BatchNormalisation.normalise(
            rows: rows(tile), channels: shape.channels, input: tile[wiring.input], transform(tile), output: tile[wiring.output])
    }

    func backward(_ tile: Tile) {
        guard let inputGradient = wiring.inputGradient, let sums = sums.baseAddress else { return }
        BatchNormalisation.inputGradient(
            rows: rows(tile), of: statisticsRows(tile.batch), channels: shape.channels, input: tile[wiring.input], transform(tile),
            sums: sums, outputGradient: tile[wiring.outputGradient], inputGradient: tile[inputGradient])
    }
}
