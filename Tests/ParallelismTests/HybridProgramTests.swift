import Parallelism
import Testing

/// What a rank does in a step where linear layers are divided over the ranks, word for word.
@Suite struct HybridProgramTests {
    /// Three convolutions in front, whose gradients stand behind the 64 floats of the linear layers.
    private static let front = NetworkOutline(
        trainedCount: 112, arenaCount: 112, backwardPasses: [0..<3], finalCounts: [80, 96, 112])

    private func program(_ linear: LinearOutline, _ change: (inout StepOutline) -> Void = { _ in }) -> String {
        var outline = StepOutline(network: Self.front, groups: [0..<4])
        (outline.linear, outline.sum, outline.buckets) = (linear, .tree(overlapped: true), [64..<96, 96..<112])
        change(&outline)
        return StepProgram(compiling: outline).description
    }

    /// Scheme b on two ranks, with two linear layers: the article's six steps. 1: the front, forward. 2 and 3: the linear
    /// layers, forward and backward, for the samples of rank 0. 4 and 5: the same for rank 1. 6: the front, backward. The activations of
    /// rank 1 travel during 2 and 3, the gradients of rank 0's during 4 and 5.
    @Test func theSixStepsOfTheArticle() {
        #expect(
            program(LinearOutline(layers: 2, passes: 2, parameterCount: 64, updatesEachPass: false)) == """
                prepare weights
                clear slot 0
                forward micro-batches 0 to 3, stages 0..<1
                gather labels
                start activations of pass 0
                finish activations of pass 0
                start activations of pass 1
                forward linear layer 0, pass 0
                gather outputs of linear layer 0, pass 0
                forward linear layer 1, pass 0
                gather outputs of linear layer 1, pass 0
                score pass 0
                backward linear layer 1, pass 0
                sum input gradients of linear layer 1, pass 0
                backward linear layer 0, pass 0
                start return of pass 0
                finish activations of pass 1
                forward linear layer 0, pass 1
                gather outputs of linear layer 0, pass 1
                forward linear layer 1, pass 1
                gather outputs of linear layer 1, pass 1
                score pass 1
                backward linear layer 1, pass 1
                sum input gradients of linear layer 1, pass 1
                backward linear layer 0, pass 1
                finish return of pass 0
                start return of pass 1
                finish return of pass 1
                check slots 0..<1, 0..<64
                backward micro-batches 0 to 3, passes 0..<2, to slot 0
                check slots 0..<1, 64..<96
                start sum of bucket 0
                backward micro-batches 0 to 3, passes 2..<3, to slot 0
                check slots 0..<1, 96..<112
                start sum of bucket 1
                exchange figures
                update 0..<64
                finish sum of bucket 0
                update 64..<96
                finish sum of bucket 1
                update 96..<112
                """)
    }

    /// The linear layers have taken their steps when the others take theirs. All groups go forward before any goes back.
    @Test func variableBatch() {
        let text = program(LinearOutline(layers: 1, passes: 2, parameterCount: 64, updatesEachPass: true)) {
            ($0.groups, $0.sum, $0.buckets) = ([0..<1, 1..<2], .mpi, [])
        }
        #expect(
            text == """
                prepare weights
                clear slot 0
                forward micro-batch 0, stages 0..<1
                forward micro-batch 1, stages 0..<1
                gather labels
                start activations of pass 0
                finish activations of pass 0
                start activations of pass 1
                forward linear layer 0, pass 0
                gather outputs of linear layer 0, pass 0
                score pass 0
                backward linear layer 0, pass 0
                start return of pass 0
                check slots 0..<1, 0..<64
                update linear layers by pass 0
                finish activations of pass 1
                forward linear layer 0, pass 1
                gather outputs of linear layer 0, pass 1
                score pass 1
                backward linear layer 0, pass 1
                finish return of pass 0
                start return of pass 1
                check slots 0..<1, 0..<64
                update linear layers by pass 1
                finish return of pass 1
                backward micro-batch 0, passes 0..<3, to slot 0
                backward micro-batch 1, passes 0..<3, to slot 0
                check slots 0..<1, 64..<112
                exchange figures
                exchange gradients 64..<112
                update 64..<112
                """)
    }

    /// Every sample is in one pass, and comes from the rank that has it; with as many passes as ranks, as the article says.
    @Test func everySampleTakesPartOnce() {
        var swept = 0
        for samples in [0, 1, 5, 16, 54] {
            for (ranks, passes) in [(1, 1), (1, 4), (2, 2), (3, 3), (4, 2), (3, 4)] {
                func cut(_ parts: Int) -> [Range<Int>] { (0..<parts).map { $0 * samples / parts..<($0 + 1) * samples / parts } }
                for scheme in HybridScheme.allCases {
                    let found = scheme.passes(shares: cut(passes), ranks: cut(ranks))
                    #expect(found.count == (scheme == .a ? 1 : passes))
                    #expect(found.flatMap { $0.places.joined().joined() }.sorted() == Array(0..<samples))
                    for pass in found {
                        #expect(pass.count <= scheme.largestPass(ofShares: cut(passes).map(\.count)))
                        #expect(pass.counts == pass.places.map { $0.reduce(0) { $0 + $1.count } })
                        for (rank, places) in zip(cut(ranks), pass.places) {
                            #expect(places.joined().allSatisfy(rank.contains))
                        }
                    }
                    swept += 1
                }
            }
        }
        #expect(swept == 90)
        let shares = [0..<8, 8..<16]
        #expect(HybridScheme.a.passes(shares: shares, ranks: shares).map(\.counts) == [[8, 8]])
        #expect(HybridScheme.b.passes(shares: shares, ranks: shares).map(\.counts) == [[8, 0], [0, 8]])
        #expect(HybridScheme.c.passes(shares: shares, ranks: shares).map(\.counts) == [[4, 4], [4, 4]])
        #expect(HybridScheme.c.passes(shares: shares, ranks: shares)[1].places == [[4..<8], [12..<16]])
    }
}
