/// The passes of a plan, in both directions.
///
/// Where BatchNorm needs a sum over the micro-batch, or over all ranks, a stage ends: there is one stage more than there are BatchNorm
/// layers. Within a stage, passes end where actions that want the whole micro-batch at once (matrix products with large weights) meet others,
/// and on the way back behind layers of many weights, whose gradients are then final and can travel while the rest is computed.
struct Passes {
    /// In the order in which they run.
    let forward: [Pass]
    let backward: [Pass]
    /// The passes of each stage; on the way back, the last stage comes first.
    let forwardStages: [Range<Int>]
    let backwardStages: [Range<Int>]

    /// - Parameter layers: in forward order.
    init(_ layers: [any CompiledLayer], for options: Plan.Options, sizes: ValueSizes) {
        var builder = Builder()
        for layer in layers {
            if let normalisation = layer as? BatchNormLayer { builder.endStage(with: .sums(normalisation, .forward)) }
            builder.append(.forward(layer))
        }
        let forwardCounts = builder.stages.map(\.count)
        var order = builder.stages
        builder = Builder()
        for layer in layers.reversed() {
            if let normalisation = layer as? BatchNormLayer { builder.endStage(with: .sums(normalisation, .backward)) }
            builder.append(.backward(layer))
            if layer.gradientCount >= Self.worthSending { builder.endPass() }
        }
        let backwardCounts = builder.stages.map(\.count)
        order += builder.stages
        var all = order.flatMap(\.self)
        if options.tiles { all.computeAgain() }
        for index in all.indices { all[index].chooseTiles(for: options, sizes: sizes) }
        let forwardCount = forwardCounts.reduce(0, +)
        (forward, backward) = (Array(all[..<forwardCount]), Array(all[forwardCount...]))
        forwardStages = Self.ranges(forwardCounts)
        backwardStages = Self.ranges(backwardCounts).reversed()
    }

    /// Gradients that are worth a pass of their own: a quarter of a megabyte. So many weights are worked on longer than it takes to read
    /// activations once more.
    private static let worthSending = 1 << 16

    private static func ranges(_ counts: [Int]) -> [Range<Int>] {
        var end = 0
        return counts.map { count in
            defer { end += count }
            return end..<end + count
        }
    }

    private struct Builder {
        var stages: [[Pass]] = [[]]
        private var isPassOver = false

        /// The next action begins another pass.
        mutating func endPass() { isPassOver = true }

        mutating func append(_ action: Action) {
            defer { isPassOver = false }
            var passes = stages.removeLast()
            if !isPassOver, let last = passes.last, last.wantsAll == (action.leastSamples == .max) || action.isIndifferent {
                passes[passes.count - 1].append(action)
            } else {
                passes.append(Pass(action))
            }
            stages.append(passes)
        }

        /// The sums that end a stage are taken of what the last pass has just left in the cache.
        mutating func endStage(with action: Action) {
            isPassOver = false
            append(action)
            stages.append([])
        }
    }
}

extension [Pass] {
    /// Puts cheap actions in front of what reads their results in other passes, so that these need not be kept. From the last to the first,
    /// since an action that is put somewhere may itself read what a cheap one before it has given.
    fileprivate mutating func computeAgain() {
        for (place, origin) in enumerated().reversed() {
            for action in origin.actions.reversed() where action.isCheap {
                guard let result = action.use.writes.first, !action.use.reads.contains(result), writers(of: result) == 1,
                    !action.use.reads.contains(where: { self[(place + 1)...].writers(of: $0) > 0 })
                else { continue }
                let readers = indices.filter { self[$0].firstReader(of: result) != nil }
                for index in readers { self[index].insertBeforeReader(of: result, action) }
                if !readers.isEmpty { self[place].removeUnread(result) }
            }
        }
    }
}

extension Collection<Pass> {
    fileprivate func writers(of value: Value) -> Int {
        reduce(0) { $0 + $1.uses.count { $0.writes.contains(value) } }
    }
}

extension Pass {
    fileprivate var wantsAll: Bool { actions.contains { $0.leastSamples == .max } }
}

extension Action {
    /// Whether it can join any pass.
    fileprivate var isIndifferent: Bool { leastSamples == 1 }
}
