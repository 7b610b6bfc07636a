import Kernels

/// Something that is done to one tile after another.
enum Action {
    case forward(any CompiledLayer)
    case backward(any CompiledLayer)
    /// Adds this tile to the sums that normalisation in this direction waits for.
    case sums(BatchNormLayer, Direction)

    var use: Use {
        switch self {
        case .forward(let layer): layer.forwardUse
        case .backward(let layer): layer.backwardUse
        case .sums(let layer, .forward): layer.momentsUse
        case .sums(let layer, .backward): layer.gradientSumsUse
        }
    }

    /// The fewest samples that it had better be done to at a time.
    var leastSamples: Int {
        switch self {
        case .forward(let layer): layer.leastSamples(.forward)
        case .backward(let layer): layer.leastSamples(.backward)
        case .sums: 1
        }
    }

    /// Where the gradients of parameters that it adds to start in the arena; BatchNorm adds its own when its sums are taken.
    var gradientOffsets: [Int] {
        switch self {
        case .backward(let layer): layer is BatchNormLayer ? [] : layer.gradientOffsets
        case .sums(let layer, .backward): layer.gradientOffsets
        case .forward, .sums(_, .forward): []
        }
    }

    /// Whether its result is computed again where another pass needs it.
    var isCheap: Bool {
        switch self {
        case .forward(let layer): layer.isCheap(.forward)
        case .backward(let layer): layer.isCheap(.backward)
        case .sums: false
        }
    }

    /// Lays out the weights that it needs.
    func prepare(_ weights: WeightPreparation) {
        switch self {
        case .forward(let layer): layer.prepare(.forward, weights)
        case .backward(let layer): layer.prepare(.backward, weights)
        case .sums: break
        }
    }

    /// - Parameter meanwhile: called now and then in what takes long.
    func run(_ tile: Tile, meanwhile: () -> Void) {
        switch self {
        case .forward(let layer): layer.forward(tile, meanwhile: meanwhile)
        case .backward(let layer): layer.backward(tile, meanwhile: meanwhile)
        case .sums(let layer, .forward): layer.addMoments(tile)
        case .sums(let layer, .backward): layer.addGradientSums(tile)
        }
    }
}

/// A run through a micro-batch: tile by tile, all actions for one tile before the next, so that what one of them leaves is still in cache for
/// those that follow.
struct Pass {
    private(set) var actions: [Action]
    /// Samples that are worked on together in training, and in evaluation.
    private(set) var tile = 1
    private(set) var evaluationTile = 1

    init(_ action: Action) { actions = [action] }

    var uses: [Use] { actions.map(\.use) }

    /// The first action that reads a value which no action before it has written.
    func firstReader(of value: Value) -> Int? {
        guard let first = uses.firstIndex(where: { $0.values.contains(value) }) else { return nil }
        return uses[first].reads.contains(value) ? first : nil
    }

    mutating func append(_ action: Action) { actions.append(action) }

    mutating func insertBeforeReader(of value: Value, _ action: Action) {
        if let reader = firstReader(of: value) { actions.insert(action, at: reader) }
    }

    /// Leaves out the action that writes a value, where none of the others reads it.
    mutating func removeUnread(_ value: Value) {
        guard actions.count > 1, !uses.contains(where: { $0.reads.contains(value) }) else { return }
        actions.removeAll { $0.use.writes.contains(value) }
    }

    mutating func chooseTiles(for options: Plan.Options, sizes: ValueSizes) {
        tile = tile(of: options.capacity, options, sizes)
        evaluationTile = tile(of: options.evaluationCapacity, options, sizes)
    }

    /// As many of `samples` samples as stay in the second cache with all that the actions touch, but no fewer than they had better have, and
    /// all tiles of about one size. Without tiles, all of them.
    private func tile(of samples: Int, _ options: Plan.Options, _ sizes: ValueSizes) -> Int {
        let values = Set(uses.flatMap(\.values)).filter { !sizes.isWeights($0) }
        let bytesPerSample = max(1, values.reduce(0) { $0 + sizes[$1] })
        let least = actions.map(\.leastSamples).max() ?? 1
        let most = options.tiles ? min(samples, max(least, options.cacheBytes / bytesPerSample)) : samples
        let count = (samples + most - 1) / most
        return sizes.room(for: (samples + count - 1) / count, of: values)
    }
}
