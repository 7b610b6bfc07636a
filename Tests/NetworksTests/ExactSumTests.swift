import TestSupport
import Testing

@testable import Networks

@Suite struct ExactSumTests {
    private static let values = hashedFloats(1_000, stream: 3).enumerated().map { index, value in
        Double(value) * [1e-9, 0.1, 3, 1e6][index % 4]
    }

    private static func sum(_ values: some Sequence<Double>) -> ExactSum {
        var sum = ExactSum()
        for value in values where !sum.add(value) { Issue.record("\(value) was not added") }
        return sum
    }

    /// Any order and any division give the same bits: the property that equal figures at any rank count rest on.
    @Test func orderAndDivisionDoNotMatter() {
        let whole = Self.sum(Self.values)
        #expect(Self.sum(Self.values.reversed()) == whole)
        #expect(Self.sum(Self.values.sorted()) == whole)
        for parts in 2...40 {
            var partial = [[Double]](repeating: [], count: parts)
            for (index, value) in Self.values.enumerated() {
                partial[hashedInteger(below: parts, index: index, stream: parts)].append(value)
            }
            var forwards = ExactSum()
            for part in partial { forwards += Self.sum(part) }
            // As a tree, from the other end.
            var level = partial.reversed().map { Self.sum($0) }
            while level.count > 1 {
                level = stride(from: 0, to: level.count, by: 2).map { index in
                    var pair = level[index]
                    if index + 1 < level.count { pair += level[index + 1] }
                    return pair
                }
            }
            #expect(forwards == whole && level == [whole], "\(parts) parts")
        }
    }

    /// Each value is rounded once, by at most 2⁻⁴¹; the sum in Double that it is compared with is off by less than that.
    @Test func valueIsTheSum() {
        let plain = Self.values.reduce(0, +)
        #expect(abs(Self.sum(Self.values).value - plain) <= Double(Self.values.count) * 0x1p-41 + abs(plain) * 0x1p-43)
        #expect(Self.sum([0.5, 0.25, 3]).value == 3.75)
    }

    @Test func negativeValuesAreExact() {
        #expect(Self.sum([-0.25]).value == -0.25)
        #expect(Self.sum([-1.5, 1.5]).value == 0)
        #expect(Self.sum([-0x1p-40, -7]).value == -7 - 0x1p-40)
        #expect(Self.sum([1e9 + 0.125, -1e9]).value == 0.125)
    }

    @Test func refusesWhatDoesNotFit() {
        for value in [Double.nan, .infinity, -.infinity, 0x1p40, -0x1p40, .greatestFiniteMagnitude] {
            var sum = Self.sum([2.5])
            #expect(!sum.add(value) && sum.value == 2.5, "\(value)")
        }
        let most = Double(0x1p40).nextDown
        #expect(Self.sum([most]).value == most && Self.sum([-most]).value == -most)
        #expect(Self.sum([.leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1p-42]).value == 0)
    }

    /// 2²² samples of nearly one, and of nearly the largest loss, leave both words in their range.
    @Test func holdsAsManySamplesAsItSays() {
        for largest in [Double(1).nextDown, Double(0x1p40).nextDown] {
            var sum = Self.sum([largest])
            for _ in 0..<22 {
                let (whole, overflow) = sum.whole.addingReportingOverflow(sum.whole)
                let (fraction, otherOverflow) = sum.fraction.addingReportingOverflow(sum.fraction)
                #expect(!overflow && !otherOverflow)
                sum = ExactSum(whole: whole, fraction: fraction)
            }
            #expect(abs(sum.value / 0x1p22 - largest) <= largest * 0x1p-40)
        }
    }

    @Test func figuresAddUpAndMeanSaysWhatIsMissing() {
        var figures = Figures()
        #expect(figures.meanLoss.isNaN && figures.accuracy.isNaN, "no samples")
        figures.loss = Self.sum([1, 2])
        figures.samples = 2
        figures.correct = 1
        var total = figures
        total += figures
        #expect(total.samples == 4 && total.correct == 2 && total.meanLoss == 1.5 && total.accuracy == 0.5)
        var lost = Figures()
        lost.samples = 1
        lost.nonFinite = 1
        total += lost
        #expect(total.nonFinite == 1 && total.meanLoss.isNaN && total.accuracy == 0.4)
    }

    @Test func lossThatIsNotFiniteIsCounted() throws {
        let model = BuiltInModel(.linear).model(input: TensorShape(vector: 3), classes: 2)
        let run = try NetworkRun(model, samples: 4)
        run.images.base[3] = .nan
        run.images.base[6] = .infinity
        let figures = run.run(.evaluation).figures
        #expect(figures.samples == 4 && figures.nonFinite == 2 && figures.meanLoss.isNaN)
        #expect(figures.loss.value.isFinite && figures.loss.value > 0)
    }
}
