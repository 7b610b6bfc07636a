import Parallelism
import Testing

/// What a rank does in a step, word for word.
@Suite struct StepProgramTests {
    /// Two BatchNorm layers: stages of 2, 1 and 1 passes on the way back, the last stage first.
    private static let network = NetworkOutline(
        trainedCount: 96, arenaCount: 128, backwardPasses: [3..<4, 1..<3, 0..<1], finalCounts: [32, 32, 70, 128])
    private static let buckets = [0..<32, 32..<64, 64..<96, 96..<128]

    private func outline(_ groups: [Range<Int>], _ change: (inout StepOutline) -> Void = { _ in }) -> StepOutline {
        var outline = StepOutline(network: Self.network, groups: groups)
        change(&outline)
        return outline
    }

    private func expect(
        _ outline: StepOutline, _ text: String, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(StepProgram(compiling: outline).description == text, sourceLocation: location)
    }

    /// The figures are known to all before any gradient moves, and each micro-batch's backward pass follows its own forward pass. Running
    /// statistics travel behind the gradients, and no optimiser touches them.
    @Test func oneSumByMPI() {
        expect(
            outline([2..<3, 3..<5]) { $0.sum = .mpi },
            """
            prepare weights
            clear slot 0
            forward micro-batch 2, stages 0..<3
            backward micro-batch 2, passes 0..<4, to slot 0
            forward micro-batches 3 to 4, stages 0..<3
            backward micro-batches 3 to 4, passes 0..<4, to slot 0
            check slots 0..<1, 0..<128
            exchange figures
            exchange gradients 0..<128
            update 0..<96
            update running statistics
            """)
    }

    @Test func oneRank() {
        expect(
            outline([0..<4]),
            """
            prepare weights
            clear slot 0
            forward micro-batches 0 to 3, stages 0..<3
            backward micro-batches 0 to 3, passes 0..<4, to slot 0
            check slots 0..<1, 0..<128
            exchange figures
            update 0..<96
            update running statistics
            """)
    }

    /// A bucket starts behind the pass that makes it final, and the first is updated while the last may still be under way.
    @Test func overlapped() {
        expect(
            outline([0..<1, 1..<2]) { ($0.sum, $0.buckets) = (.tree(overlapped: true), Self.buckets) },
            """
            prepare weights
            clear slot 0
            forward micro-batch 0, stages 0..<3
            backward micro-batch 0, passes 0..<4, to slot 0
            forward micro-batch 1, stages 0..<3
            backward micro-batch 1, passes 0..<1, to slot 0
            check slots 0..<1, 0..<32
            start sum of bucket 0
            backward micro-batch 1, passes 1..<3, to slot 0
            check slots 0..<1, 32..<64
            start sum of bucket 1
            backward micro-batch 1, passes 3..<4, to slot 0
            check slots 0..<1, 64..<96
            start sum of bucket 2
            check slots 0..<1, 96..<128
            start sum of bucket 3
            exchange figures
            finish sum of bucket 0
            update 0..<32
            finish sum of bucket 1
            update 32..<64
            finish sum of bucket 2
            update 64..<96
            finish sum of bucket 3
            update running statistics
            """)
    }

    /// Clipping and LARS look at the whole gradient; nothing is overlapped where nobody wants it.
    @Test func wholeGradientFirst() {
        expect(
            outline([0..<1]) {
                ($0.sum, $0.buckets, $0.updatesAtOnce) = (.tree(overlapped: false), [0..<96, 96..<128], true)
            },
            """
            prepare weights
            clear slot 0
            forward micro-batch 0, stages 0..<3
            backward micro-batch 0, passes 0..<4, to slot 0
            check slots 0..<1, 0..<96
            start sum of bucket 0
            check slots 0..<1, 96..<128
            start sum of bucket 1
            exchange figures
            finish sum of bucket 0
            finish sum of bucket 1
            update 0..<96
            update running statistics
            """)
    }

    /// Every BatchNorm layer has its sum over all ranks on the way there and on the way back, in mirrored order.
    @Test func synchronisedBatchNorm() {
        expect(
            outline([4..<8]) {
                ($0.synchronisesBatchNorm, $0.sum, $0.buckets) = (true, .tree(overlapped: true), [0..<96, 96..<128])
            },
            """
            prepare weights
            clear slot 0
            forward micro-batches 4 to 7, stages 0..<1
            exchange statistics of BatchNorm layer 0
            forward micro-batches 4 to 7, stages 1..<2
            exchange statistics of BatchNorm layer 1
            forward micro-batches 4 to 7, stages 2..<3
            backward micro-batches 4 to 7, passes 0..<1, to slot 0
            exchange statistics of BatchNorm layer 1
            backward micro-batches 4 to 7, passes 1..<3, to slot 0
            exchange statistics of BatchNorm layer 0
            backward micro-batches 4 to 7, passes 3..<4, to slot 0
            check slots 0..<1, 0..<96
            start sum of bucket 0
            check slots 0..<1, 96..<128
            start sum of bucket 1
            exchange figures
            finish sum of bucket 0
            update 0..<96
            finish sum of bucket 1
            update running statistics
            """)
    }

    /// Terms 1, 2 and 3 of four: 2 and 3 are a node of the tree, 1 waits for what another rank has. The last term's buckets are added in the
    /// tree's order before they start.
    @Test func eachMicroBatchATerm() {
        let combination = ReductionTree(terms: 4).combination(ofTerms: 1..<4)
        #expect(combination.merges == [0, 0, 1])
        expect(
            outline([1..<2, 2..<3, 3..<4]) {
                ($0.merges, $0.sum, $0.buckets) = (combination.merges, .tree(overlapped: true), [0..<32, 32..<96, 96..<128])
            },
            """
            prepare weights
            clear slot 0
            forward micro-batch 1, stages 0..<3
            backward micro-batch 1, passes 0..<4, to slot 0
            clear slot 1
            forward micro-batch 2, stages 0..<3
            backward micro-batch 2, passes 0..<4, to slot 1
            clear slot 2
            forward micro-batch 3, stages 0..<3
            backward micro-batch 3, passes 0..<1, to slot 2
            add slot 2 to slot 1, 0..<32
            check slots 0..<2, 0..<32
            start sum of bucket 0
            backward micro-batch 3, passes 1..<4, to slot 2
            add slot 2 to slot 1, 32..<96
            check slots 0..<2, 32..<96
            start sum of bucket 1
            add slot 2 to slot 1, 96..<128
            check slots 0..<2, 96..<128
            start sum of bucket 2
            exchange figures
            finish sum of bucket 0
            update 0..<32
            finish sum of bucket 1
            update 32..<96
            finish sum of bucket 2
            update running statistics
            """)
    }

    /// Each rank updates what it owns, which may be nothing, and all gather the parameters; of the statistics every rank has all.
    @Test func sharded() {
        expect(
            outline([0..<1]) {
                ($0.sum, $0.buckets) = (.tree(overlapped: false), [0..<64, 64..<96, 96..<128])
                $0.ownedRanges = [32..<64, 64..<64, 96..<112]
            },
            """
            prepare weights
            clear slot 0
            forward micro-batch 0, stages 0..<3
            backward micro-batch 0, passes 0..<4, to slot 0
            check slots 0..<1, 0..<64
            start shared-out sum of bucket 0
            check slots 0..<1, 64..<96
            start shared-out sum of bucket 1
            check slots 0..<1, 96..<128
            start sum of bucket 2
            exchange figures
            finish shared-out sum of bucket 0
            update 32..<64
            start all-gather of bucket 0
            finish shared-out sum of bucket 1
            start all-gather of bucket 1
            finish sum of bucket 2
            update running statistics
            finish all-gather of bucket 0
            finish all-gather of bucket 1
            """)
    }

    /// Equal buckets of whole cache lines, each float in one; statistics in one of their own, as fp32.
    @Test func bucketsCoverTheArena() {
        for (trained, arena) in [(0, 16), (16, 16), (16, 48), (4_096, 4_096), (4_112, 5_008), (270_896, 272_272)] {
            for bytes in [64, 4_096, 10_000, 1 << 20, 1 << 30] {
                let buckets = ExchangeBucket.cutting(trainedCount: trained, arenaCount: arena, byteCount: bytes, wire: .bf16)
                #expect(buckets.map(\.range.lowerBound) == [0] + buckets.map(\.range.upperBound).dropLast())
                #expect(buckets.last?.range.upperBound == arena)
                #expect(buckets.allSatisfy { $0.range.lowerBound.isMultiple(of: 16) })
                for bucket in buckets {
                    #expect(
                        bucket.range.upperBound <= trained
                            ? bucket.wire == .bf16 : bucket.range == trained..<arena && bucket.wire == .fp32)
                    #expect(bucket.range.lowerBound >= trained || bucket.range.count * 4 <= bytes * 2 + 64)
                }
            }
        }
    }
}
