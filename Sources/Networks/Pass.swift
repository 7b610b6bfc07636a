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

    func run(_ tile: Tile) {
        switch self {
        case .forward(let layer): layer.forward(tile)
        case .backward(let layer): layer.backward(tile)
        case .sums(let layer, .forward): layer.addMoments(tile)
        case .sums(let layer, .backward): layer.addGradientSums(tile)
        }
    }
}

/// A run through a micro-batch: tile by tile, all actions for one tile before the next, so that what one of them leaves is still in cache for
/// those that follow.
struct Pass {
    private(set) var actions: [Action]
    /// Samples that are worked on together.
    private(set) var tile = 1

    var uses: [Use] { actions.map(\.use) }

    /// The first action that reads a value which no action before it has written.
    func firstReader(of value: Value) -> Int? {
        guard let first = uses.firstIndex(where: { $0.values.contains(value) }) else { return nil }
        return uses[first].reads.contains(value) ? first : nil
    }

    mutating func insert(_ action: Action, at place: Int) { actions.insert(action, at: place) }

    /// Chooses the tile: as many samples as stay in the second cache with all that the actions touch, but no fewer than they had better
    /// have, and all tiles of about one size. Without `tiles`, all of them.
    mutating func chooseTile(capacity: Int, sizes: ValueSizes, tiles: Bool) {
        let values = Set(uses.flatMap(\.values)).filter { !sizes.isWeights($0) }
        let bytesPerSample = max(1, values.reduce(0) { $0 + sizes[$1] })
        let least = actions.map(\.leastSamples).max() ?? 1
        let most = tiles ? min(capacity, max(least, Self.cacheBytes / bytesPerSample)) : capacity
        let count = (capacity + most - 1) / most
        tile = sizes.room(for: (capacity + count - 1) / count, of: values)
    }

    /// What of a second cache of 1 MB a tile's values may fill, beside weights and scratch.
    private static let cacheBytes = 512 * 1_024
}
