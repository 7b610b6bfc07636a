/// The passes of a plan, in both directions.
///
/// Where BatchNorm needs a sum over the micro-batch, or over all ranks, a stage ends: there is one stage more than there are BatchNorm
/// layers. Within a stage, passes end where actions that want the whole micro-batch at once (matrix products with large weights) meet others.
struct Passes {
    /// By stage, each in the order in which its passes run.
    private(set) var forward: [[Pass]]
    /// By stage as in `forward`: the last stage runs first.
    private(set) var backward: [[Pass]]

    /// - Parameters:
    ///   - layers: in forward order.
    ///   - tiles: whether tiles are smaller than the micro-batch, and cheap results computed again instead of kept; no value changes but by
    ///     the order of sums.
    init(_ layers: [any CompiledLayer], capacity: Int, sizes: ValueSizes, tiles: Bool) {
        var builder = Builder()
        for layer in layers {
            if let normalisation = layer as? BatchNormLayer { builder.endStage(with: .sums(normalisation, .forward)) }
            builder.append(.forward(layer))
        }
        forward = builder.stages
        builder = Builder()
        for layer in layers.reversed() {
            if let normalisation = layer as? BatchNormLayer { builder.endStage(with: .sums(normalisation, .backward)) }
            builder.append(.backward(layer))
        }
        backward = builder.stages.reversed()
        if tiles { computeAgain() }
        forward.chooseTiles(capacity: capacity, sizes: sizes, tiles: tiles)
        backward.chooseTiles(capacity: capacity, sizes: sizes, tiles: tiles)
    }

    /// All passes in the order in which they run.
    var forwardOrder: [Pass] { forward.flatMap(\.self) }
    var backwardOrder: [Pass] { backward.reversed().flatMap(\.self) }

    private struct Builder {
        var stages: [[Pass]] = [[]]

        mutating func append(_ action: Action) {
            var passes = stages.removeLast()
            if let last = passes.last, last.wantsAll == (action.leastSamples == .max) || action.isIndifferent {
                passes[passes.count - 1].insert(action, at: last.actions.count)
            } else {
                passes.append(Pass(actions: [action]))
            }
            stages.append(passes)
        }

        mutating func endStage(with action: Action) {
            append(action)
            stages.append([])
        }
    }

    /// Puts cheap actions in front of what reads their results in other passes, so that these need not be kept. From the last to the first,
    /// since an action that is put somewhere may itself read what a cheap one before it has given.
    private mutating func computeAgain() {
        let origins = forward + backward.reversed()
        for (stage, passes) in origins.enumerated().reversed() {
            for pass in passes.reversed() {
                for action in pass.actions.reversed() where action.isCheap {
                    guard let result = action.use.writes.first, !action.use.reads.contains(result),
                        origins.writers(of: result) == 1,
                        !action.use.reads.contains(where: { origins[(stage + 1)...].writers(of: $0) > 0 })
                    else { continue }
                    for stage in forward.indices { forward[stage].insert(action, beforeReadersOf: result) }
                    for stage in backward.indices { backward[stage].insert(action, beforeReadersOf: result) }
                }
            }
        }
    }
}

extension Collection<[Pass]> {
    fileprivate func writers(of value: Value) -> Int {
        reduce(0) { $0 + $1.reduce(0) { $0 + $1.uses.count { $0.writes.contains(value) } } }
    }
}

extension [Pass] {
    fileprivate mutating func insert(_ action: Action, beforeReadersOf value: Value) {
        for index in indices {
            if let reader = self[index].firstReader(of: value) { self[index].insert(action, at: reader) }
        }
    }
}

extension Pass {
    fileprivate var wantsAll: Bool { actions.contains { $0.leastSamples == .max } }
}

extension Action {
    /// Whether it can join any pass.
    fileprivate var isIndifferent: Bool { leastSamples == 1 }
}

extension [[Pass]] {
    fileprivate mutating func chooseTiles(capacity: Int, sizes: ValueSizes, tiles: Bool) {
        for stage in indices {
            for index in self[stage].indices {
                self[stage][index].chooseTile(capacity: capacity, sizes: sizes, tiles: tiles)
            }
        }
    }
}
