import Kernels
import Testing

/// A table goes over the usual choice where it names what can be, and nowhere else.
@Suite struct KernelTableTests {
    private static let shape = ConvolutionShape(
        height: 12, width: 9, inputChannels: 16, kernelHeight: 3, kernelWidth: 3, outputChannels: 24, padding: 1)
    /// One of few channels, which is fastest in sample blocks.
    private static let narrow = ConvolutionShape(
        height: 12, width: 9, inputChannels: 3, kernelHeight: 3, kernelWidth: 3, outputChannels: 6)

    @Test func eachDirectionIsItsOwn() {
        let usual = ConvolutionChoice(Self.shape)
        for direction in ConvolutionDirection.allCases {
            for candidate in ConvolutionChoice.candidates(for: Self.shape, layout: .pixels) {
                var expected = KernelTable.Algorithms(usual)
                expected[direction] = type(of: candidate).name
                var table = KernelTable()
                table[Self.shape] = expected
                let choice = ConvolutionChoice(Self.shape, layout: .pixels, policy: .automatic, table: table)
                #expect(KernelTable.Algorithms(choice) == expected)
                #expect(type(of: choice.algorithm(for: direction)) == type(of: candidate))
            }
        }
    }

    @Test func whatItDoesNotDecide() {
        let reference = KernelTable.Algorithms(forward: "im2col", input: "im2col", weights: "im2col")
        func names(_ shape: ConvolutionShape, _ layout: TensorLayout, _ policy: ConvolutionPolicy, _ table: KernelTable?) -> String
        {
            "\(KernelTable.Algorithms(ConvolutionChoice(shape, layout: layout, policy: policy, table: table)))"
        }
        var table = KernelTable()
        table[Self.narrow] = reference
        for other: KernelTable? in [nil, KernelTable(), table] {
            #expect(
                names(Self.shape, .pixels, .automatic, other) == "\(KernelTable.Algorithms(ConvolutionChoice(Self.shape)))")
        }
        #expect(names(Self.narrow, .pixels, .automatic, table) == "\(reference)")
        #expect(names(Self.narrow, .sampleBlocks, .automatic, table) == names(Self.narrow, .sampleBlocks, .automatic, nil))
        table[Self.shape] = KernelTable.Algorithms(forward: "winograd", input: "direct", weights: "direct")
        #expect(names(Self.shape, .pixels, .im2col, table) == "\(reference)")
    }

    /// Two shapes of one description would share an entry.
    @Test func descriptionsTellShapesApart() {
        let shapes = (ConvolutionCase.drawn(400) + ConvolutionCase.chosen).map(\.shape)
        var byDescription: [String: ConvolutionShape] = [:]
        for shape in shapes {
            let known = byDescription.updateValue(shape, forKey: shape.description)
            #expect(known == nil || known == shape, "\(shape)")
        }
        #expect(byDescription.count > 300)
        #expect(Self.shape.description == "12x9x16 by 3x3 to 12x9x24 padding 1x1")
        #expect(
            ConvolutionShape(
                height: 8, width: 8, inputChannels: 4, kernelHeight: 3, kernelWidth: 1, outputChannels: 4, stride: 2, padding: 2,
                dilation: 3, groups: 4
            ).description == "8x8x4 by 3x1 to 3x6x4 stride 2 padding 2x2 dilation 3 groups 4")
    }

    @Test func everyAlgorithmHasItsName() {
        let shapes =
            (ConvolutionCase.drawn(100) + ConvolutionCase.chosen).map(\.shape)
            + [Self.shape, ConvolutionShape(inputs: 30, outputs: 20)]
        let found = shapes.flatMap { ConvolutionChoice.candidates(for: $0, layout: .pixels) }.map { type(of: $0).name }
        #expect(Set(found) == Set(ConvolutionChoice.pixelAlgorithms))
    }
}
