import Diagnostics

/// In which way gradients become the same on all ranks.
public enum GradientSum: Sendable, Equatable {
    /// There is one rank.
    case none
    /// MPI_Allreduce of the whole arena at the end.
    case mpi
    /// Bucket by bucket in the order of the fixed tree. Overlapped, each starts as soon as this rank's part of it is complete; otherwise all
    /// start behind the last gradient.
    case tree(overlapped: Bool)
}

/// What a rank's step program is compiled from.
public struct StepOutline: Sendable {
    public var network: NetworkOutline
    /// This rank's micro-batches, those that are computed together side by side.
    public var groups: [Range<Int>]
    /// Where each group is a term of the sum of its own: what is added up behind each, as `ReductionTree.Combination`. Nil where all groups
    /// add to slot 0.
    public var merges: [Int]?
    /// BatchNorm's statistics are those of the global batch: the one group stops at each of its BatchNorm layers, forward and backward, for
    /// the sum over all ranks.
    public var synchronisesBatchNorm = false
    public var sum = GradientSum.none
    /// Ranges of the arena that are exchanged at once, in order; each is trained, or statistics.
    public var buckets: [Range<Int>] = []
    /// The optimiser looks at the whole gradient before it changes anything: for clipping and LARS.
    public var updatesAtOnce = false
    /// Linear layers that are divided over the ranks; the network is then what stands in front of them. Nil where there are none.
    public var linear: LinearOutline?
    /// Of each bucket, what this rank updates, where each rank updates but its own part and gathers the others'; nil where every rank
    /// updates all.
    public var ownedRanges: [Range<Int>]?

    public init(network: NetworkOutline, groups: [Range<Int>]) {
        (self.network, self.groups) = (network, groups)
    }
}

extension StepProgram {
    /// The figures are exchanged before any update: a loss that is not finite is known to all ranks before any parameter changes.
    ///
    /// - Precondition: there is a group; only one where BatchNorm is synchronised. Parts of buckets are owned in a tree's sum only.
    public init(compiling outline: StepOutline) {
        var compiler = StepCompiler(outline)
        compiler.compute()
        compiler.take()
        self.init(compiler.operations)
    }
}

private struct StepCompiler {
    let outline: StepOutline
    private(set) var operations: [Operation] = [.prepare]
    private var started = 0
    /// The slots that this rank's partial sums stand in at last.
    private var results = 0..<1

    init(_ outline: StepOutline) {
        require(!outline.groups.isEmpty, "a rank without micro-batches has no step")
        require(!outline.synchronisesBatchNorm || outline.groups.count == 1, "statistics over the global batch take one group")
        require(outline.linear == nil || outline.merges == nil, "where linear layers are divided, a rank's gradients are one term")
        require(outline.ownedRanges == nil || outline.isTree, "parts of buckets are owned where a tree sums them")
        self.outline = outline
    }

    private var network: NetworkOutline { outline.network }
    /// The gradients of linear layers that are divided, which are no sums over ranks, and those that are.
    private var linearRange: Range<Int> { 0..<(outline.linear?.parameterCount ?? 0) }
    private var exchangedRange: Range<Int> { linearRange.upperBound..<network.arenaCount }

    /// All gradients, and the beginnings of their exchange.
    mutating func compute() {
        if let linear = outline.linear {
            operations.append(.clear(slot: 0))
            for group in outline.groups { forward(group) }
            compute(linear)
        }
        var slot = 0
        for (index, group) in outline.groups.enumerated() {
            let merges = outline.merges?[index] ?? 0
            let target = outline.merges == nil ? 0 : slot
            if outline.linear == nil {
                if outline.merges != nil || index == 0 { operations.append(.clear(slot: target)) }
                forward(group)
            }
            if index == outline.groups.count - 1 {
                lastBackward(group, slot: target, merges: merges)
            } else {
                operations.append(.backward(microBatches: group, passes: network.passes, slot: target))
                add(slot: target, merges: merges, 0..<network.arenaCount)
            }
            slot += 1 - merges
        }
    }

    /// The linear layers' passes, between the ways there and back of everything in front of them.
    private mutating func compute(_ linear: LinearOutline) {
        let check = Operation.check(slots: results, range: linearRange)
        for operation in linear.operations {
            if case .update = operation { operations.append(check) }
            operations.append(.linear(operation))
        }
        if !linear.updatesEachPass { operations.append(check) }
    }

    private mutating func forward(_ group: Range<Int>) {
        guard outline.synchronisesBatchNorm else {
            operations.append(.forward(microBatches: group, stages: network.stages))
            return
        }
        for stage in network.stages {
            operations.append(.forward(microBatches: group, stages: stage..<stage + 1))
            if stage + 1 < network.stages.count { operations.append(.exchange(.statistics(stage))) }
        }
    }

    /// The way back of the last group, behind whose passes gradients become final.
    private mutating func lastBackward(_ group: Range<Int>, slot: Int, merges: Int) {
        var pending = 0..<0
        results = 0..<slot - merges + 1
        func flush(_ operations: inout [Operation]) {
            if !pending.isEmpty { operations.append(.backward(microBatches: group, passes: pending, slot: slot)) }
            pending = pending.upperBound..<pending.upperBound
        }
        for stage in network.stages.reversed() {
            if outline.synchronisesBatchNorm && stage + 1 < network.stages.count {
                flush(&operations)
                operations.append(.exchange(.statistics(stage)))
            }
            for pass in network.backwardPasses[stage] {
                pending = pending.lowerBound..<pass + 1
                let final = network.finalCounts[pass]
                guard outline.sum == .tree(overlapped: true), isReady(final: final) else { continue }
                flush(&operations)
                while isReady(final: final) {
                    add(slot: slot, merges: merges, outline.buckets[started])
                    start()
                }
            }
        }
        flush(&operations)
        guard outline.sum != .tree(overlapped: true) else { return }
        add(slot: slot, merges: merges, exchangedRange)
        if outline.isTree {
            while started < outline.buckets.count { start() }
        } else {
            operations.append(.check(slots: results, range: exchangedRange))
        }
    }

    private func isReady(final: Int) -> Bool {
        started < outline.buckets.count && outline.buckets[started].upperBound <= final
    }

    /// Adds the topmost slot to the one below, and that to the next.
    private mutating func add(slot: Int, merges: Int, _ range: Range<Int>) {
        for merge in 0..<merges { operations.append(.add(slot: slot - merge, range: range)) }
    }

    private mutating func start() {
        operations.append(.check(slots: results, range: outline.buckets[started]))
        operations.append(.start(bucket: started, outline.form(ofBucket: started)))
        started += 1
    }

    /// The step itself: figures, sums and updates.
    mutating func take() {
        operations.append(.exchange(.figures))
        if let linear = outline.linear, !linear.updatesEachPass { operations.append(.update(linearRange)) }
        switch outline.sum {
        case .none: updateAll()
        case .mpi:
            operations.append(.exchange(.gradients(exchangedRange)))
            updateAll()
        case .tree:
            if outline.updatesAtOnce { takeAtOnce() } else { takeByBuckets() }
        }
    }

    private mutating func updateAll() {
        // In front of divided linear layers there may be nothing that is trained.
        let range = exchangedRange.lowerBound..<network.trainedCount
        if !range.isEmpty { operations.append(.update(range)) }
        if network.hasStatistics { operations.append(.updateStatistics) }
    }

    private mutating func takeAtOnce() {
        for bucket in outline.buckets.indices { operations.append(.finish(bucket: bucket, outline.form(ofBucket: bucket))) }
        if outline.ownedRanges == nil {
            updateAll()
        } else {
            for bucket in outline.buckets.indices { update(bucket) }
            gather()
        }
    }

    private mutating func takeByBuckets() {
        for bucket in outline.buckets.indices {
            operations.append(.finish(bucket: bucket, outline.form(ofBucket: bucket)))
            update(bucket)
        }
        if outline.ownedRanges != nil { gather() }
    }

    /// The update of one bucket, and the beginning of its way to the other ranks.
    private mutating func update(_ bucket: Int) {
        guard outline.isTrained(bucket) else {
            operations.append(.updateStatistics)
            return
        }
        let range = outline.ownedRanges?[bucket] ?? outline.buckets[bucket]
        if !range.isEmpty { operations.append(.update(range)) }
        if outline.ownedRanges != nil { operations.append(.start(bucket: bucket, .allGather)) }
    }

    private mutating func gather() {
        for bucket in outline.buckets.indices where outline.isTrained(bucket) {
            operations.append(.finish(bucket: bucket, .allGather))
        }
    }
}

extension StepOutline {
    fileprivate var isTree: Bool { if case .tree = sum { true } else { false } }

    fileprivate func isTrained(_ bucket: Int) -> Bool { buckets[bucket].upperBound <= network.trainedCount }

    /// Every rank needs the whole sums of the statistics.
    fileprivate func form(ofBucket bucket: Int) -> ExchangeForm {
        ownedRanges != nil && isTrained(bucket) ? .reduceScatter : .allReduce
    }
}
