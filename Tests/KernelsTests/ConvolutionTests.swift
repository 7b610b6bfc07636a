import Testing

import Kernels
import TestSupport

/// Every algorithm against the plain loops of `ReferenceConvolution`, element by element.
///
/// A sum of n products in Float, in any order, fused or not, is off by at most (n + 1)·u·Σ|terms| (Higham, "Accuracy and Stability of Numerical
/// Algorithms", 3.1; u = 2⁻²⁴); one u more is for what the reference rounds at its end. Σ|terms| is the same reference over magnitudes.
@Suite struct ConvolutionTests {
    @Test func agreesWithPlainLoopsOverDrawnShapes() {
        let cases = ConvolutionCase.drawn(400)
        #expect(Set(cases.map(\.shape.stride)).count == 3 && Set(cases.map(\.shape.paddingTop)).count == 4)
        #expect(cases.contains { $0.shape.paddingTop != $0.shape.paddingLeft })
        #expect(Set(cases.map(\.shape.dilation)).count == 3 && Set(cases.map(\.shape.groups)) == [1, 2, 4])
        #expect(cases.contains { $0.shape.groups > 1 && $0.shape.groupInputs == 1 })
        #expect(checkAll(cases, with: .im2col) == 400)
    }

    /// More channels: around whole registers and panels, and rows of pixels that end in the middle of a tile.
    @Test func directAgreesWithPlainLoopsOverDrawnShapes() {
        let cases = ConvolutionCase.drawn(600, most: (inputs: 19, outputs: 37)).filter { DirectConvolution($0.shape) != nil }
        #expect(Set(cases.map(\.shape.stride)).count == 3 && Set(cases.map(\.shape.dilation)).count == 3)
        #expect(Set(cases.map { $0.shape.outputChannels % 16 }).count == 16)
        #expect(checkAll(cases, with: .direct) == cases.count && cases.count > 200)
    }

    /// One channel is a depthwise convolution too.
    @Test func depthwiseAgreesWithPlainLoopsOverDrawnShapes() {
        let drawn = ConvolutionCase.drawn(800, most: (inputs: 1, outputs: 1)).filter { DepthwiseConvolution($0.shape) != nil }
        let cases = drawn + ConvolutionCase.depthwise
        #expect(Set(cases.map(\.shape.stride)).count == 3 && Set(cases.map(\.shape.dilation)).count == 3)
        #expect(checkAll(cases, with: .depthwise) == cases.count && cases.count > 200, "\(cases.count) cases")
    }

    /// Images of fewer pixels than the kernel has taps.
    @Test func denseAgreesWithPlainLoopsOverDrawnShapes() {
        let cases = ConvolutionCase.drawn(1_500, most: (inputs: 9, outputs: 17)).filter { DenseConvolution($0.shape) != nil }
        #expect(Set(cases.map(\.shape.stride)).count == 3 && Set(cases.map(\.shape.dilation)).count == 3)
        #expect(checkAll(cases, with: .dense) == cases.count && cases.count > 20, "\(cases.count) cases")
    }

    @Test func agreesWithPlainLoopsOverChosenShapes() {
        #expect(checkAll(ConvolutionCase.chosen, with: .im2col) == ConvolutionCase.chosen.count)
        let direct = ConvolutionCase.chosen.filter { DirectConvolution($0.shape) != nil }
        #expect(checkAll(direct, with: .direct) == direct.count && direct.count == 8, "\(direct.count) cases")
    }

    @Test func agreesWithPlainLoopsAroundTheEdgesOfBlocks() {
        let shape = ConvolutionShape(height: 14, width: 14, inputChannels: 6, kernelHeight: 5, kernelWidth: 5, outputChannels: 4)
        let block = Im2colConvolution(shape).imagesPerBlock
        let counts = Set([1, 2, max(1, block - 1), block, block + 1, 2 * block, 2 * block + 1])
        #expect(
            checkAll(
                counts.sorted().enumerated().map { ConvolutionCase(shape: shape, images: $1, stream: 500 + $0) },
                with: .im2col) == counts.count)
    }

    /// A block has images of 128 rows of the output together, or as many as a cache holds, but not more than eight; the gradient to the
    /// weights takes 128 rows at a time.
    @Test func directAgreesWithPlainLoopsAroundTheEdgesOfBlocks() {
        let shapes = [(side: 4, stride: 1), (side: 5, stride: 1), (side: 9, stride: 2)].map { side, stride in
            ConvolutionShape(
                height: side, width: side, inputChannels: 7, kernelHeight: 3, kernelWidth: 3, outputChannels: 34, stride: stride,
                padding: 1)
        }
        let cases = shapes.enumerated().flatMap { index, shape in
            [1, 5, 6, 7, 8, 9, 16, 17].map { ConvolutionCase(shape: shape, images: $0, stream: 900 + 20 * index + $0) }
        }
        #expect(checkAll(cases, with: .direct) == cases.count)
    }

    /// ⟨dY, conv(X, W)⟩ = ⟨dX, X⟩ = ⟨dW, W⟩: each backward kernel is the transpose of the forward one, whatever the reference says.
    @Test func backwardIsTheAdjointOfForward() {
        var agreement = Agreement()
        let cases = ConvolutionCase.drawn(200)
        for example in cases {
            let (shape, images) = (example.shape, example.images)
            let found = run(example, with: .im2col, bias: false)
            let forward = dot(example.outputGradient, found.output)
            // Every one of the three is a sum of the same products x·w·dy: their sum of magnitudes, times the error of its longest sum.
            let magnitudes = run(example, with: .reference, bias: false, magnitudes: true)
            let scale = dot(example.outputGradient.map(abs), magnitudes.output)
            let longest = max(
                shape.taps, max(shape.kernelHeight * shape.kernelWidth * shape.groupOutputs, images * shape.outputPixels))
            let tolerance = 2 * Double(longest + 2) * Agreement.roundoff * scale
            agreement.compare(dot(found.inputGradient, example.input), forward, tolerance: tolerance, "⟨dX, X⟩ of \(example)")
            agreement.compare(dot(found.weightGradient, example.weights), forward, tolerance: tolerance, "⟨dW, W⟩ of \(example)")
        }
        #expect(agreement.holds && agreement.compared == 400, "\(agreement)")
    }

    @Test(arguments: [ConvolutionKernel.im2col, .direct, .samples]) func weightGradientsAreAddedToWhatIsThere(
        kernel: ConvolutionKernel
    ) {
        let example = ConvolutionCase(shape: ConvolutionCase.chosen[5].shape, images: 3, stream: 1)
        let weightStart = hashedFloats(example.shape.weightCount, stream: 77, scale: 8)
        let biasStart = hashedFloats(example.shape.outputChannels, stream: 78, scale: 8)
        let fresh = run(example, with: .reference)
        let added = run(example, with: kernel, weightStart: weightStart, biasStart: biasStart)
        let magnitudes = run(example, with: .reference, magnitudes: true)
        let terms = Double(example.images * example.shape.outputPixels + 2)
        var agreement = Agreement()
        func compare(_ what: String, _ result: KeyPath<ConvolutionResult, [Float]>, start: [Float]) {
            agreement.compare(
                added[keyPath: result], zip(start, fresh[keyPath: result]).map { $0 + $1 },
                tolerances: zip(start, magnitudes[keyPath: result]).map { terms * Agreement.roundoff * Double(abs($0) + $1) }, what)
        }
        compare("dW", \.weightGradient, start: weightStart)
        compare("dbias", \.biasGradient, start: biasStart)
        #expect(agreement.holds, "\(agreement)")
    }

    @Test(arguments: [ConvolutionKernel.im2col, .direct, .samples]) func noImagesChangeNothing(kernel: ConvolutionKernel) {
        let example = ConvolutionCase(shape: ConvolutionCase.chosen[0].shape, images: 0, stream: 1)
        let found = run(example, with: kernel)
        #expect(found.weightGradient.allSatisfy { $0 == 0 } && found.biasGradient.allSatisfy { $0 == 0 })
    }

    /// The reference by hand: one channel, a 2×2 kernel over 2×3 pixels, padding 0 and then 1 with stride 2.
    @Test func referenceGivesWhatIsComputedByHand() {
        let workspace = Workspace()
        let input = workspace.floats([1, 2, 3, 4, 5, 6])
        let weights = workspace.floats([1, 10, 100, 1_000])
        let bias = workspace.floats([0.5])
        let plain = ConvolutionShape(height: 2, width: 3, inputChannels: 1, kernelHeight: 2, kernelWidth: 2, outputChannels: 1)
        let output = workspace.unwritten(6)
        ReferenceConvolution.forward(plain, images: 1, input: input, weights: weights, bias: bias, output: output)
        #expect(values(output, 2) == [5_421.5, 6_532.5])
        let padded = ConvolutionShape(
            height: 2, width: 3, inputChannels: 1, kernelHeight: 2, kernelWidth: 2, outputChannels: 1, stride: 2, padding: 1)
        ReferenceConvolution.forward(padded, images: 1, input: input, weights: weights, bias: nil, output: output)
        #expect(values(output, 4) == [1_000, 3_200, 40, 65])
        #expect(workspace.isIntact)
    }

    /// Compares all three directions of each case with the plain loops, and gives the number of cases.
    func checkAll(_ cases: [ConvolutionCase], with kernel: ConvolutionKernel) -> Int {
        var agreement = Agreement()
        for example in cases {
            let shape = example.shape
            let found = run(example, with: kernel)
            let expected = run(example, with: .reference)
            let magnitudes = run(example, with: .reference, magnitudes: true)
            func compare(_ what: String, _ result: KeyPath<ConvolutionResult, [Float]>, terms: Int) {
                agreement.compare(
                    found[keyPath: result], expected[keyPath: result],
                    tolerances: magnitudes[keyPath: result].map { Double(terms + 2) * Agreement.roundoff * Double($0) },
                    "\(what) of \(example)")
            }
            compare("Y", \.output, terms: shape.taps + 1)
            compare("dX", \.inputGradient, terms: shape.kernelHeight * shape.kernelWidth * shape.groupOutputs)
            compare("dW", \.weightGradient, terms: example.images * shape.outputPixels)
            compare("dbias", \.biasGradient, terms: example.images * shape.outputPixels)
            #expect(found.isIntact, "\(example): written outside of a buffer")
        }
        #expect(agreement.holds, "\(agreement)")
        return cases.count
    }

    private func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
}

struct ConvolutionResult {
    var output: [Float] = []
    var inputGradient: [Float] = []
    var weightGradient: [Float] = []
    var biasGradient: [Float] = []
    var isIntact = false
}

/// What is tested, and what it is held against.
enum ConvolutionKernel: CaseIterable {
    case im2col, direct, dense, depthwise, winograd, samples, reference

    /// Nil for the reference, and where an algorithm does not take the shape.
    func algorithm(for shape: ConvolutionShape) -> (any ConvolutionAlgorithm)? {
        switch self {
        case .im2col: Im2colConvolution(shape)
        case .direct: DirectConvolution(shape)
        case .dense: DenseConvolution(shape)
        case .depthwise: DepthwiseConvolution(shape)
        case .winograd: Winograd.convolution(shape)
        case .samples: SampleBlockedConvolution(shape)
        case .reference: nil
        }
    }
}

/// All three directions of one case; with `magnitudes` of its absolute values. Scratch is full of `scratchValue` at first.
func run(
    _ example: ConvolutionCase, with kernel: ConvolutionKernel, bias hasBias: Bool? = nil, magnitudes: Bool = false,
    weightStart: [Float]? = nil, biasStart: [Float]? = nil, scratchValue: Float = .nan
) -> ConvolutionResult {
    let (shape, images) = (example.shape, example.images)
    let workspace = Workspace()
    let algorithm = kernel.algorithm(for: shape)
    let layout = algorithm?.layout ?? .pixels
    func place(_ values: [Float]) -> UnsafeMutablePointer<Float> { workspace.floats(magnitudes ? values.map(abs) : values) }
    let input = place(laidOut(example.input, samples: images, layout))
    let weights = place(example.weights)
    let bias = hasBias ?? example.hasBias ? place(example.bias) : nil
    let outputGradient = place(laidOut(example.outputGradient, samples: images, layout))
    let (outputs, inputs) = (
        layout.floats(samples: images, count: shape.outputCount), layout.floats(samples: images, count: shape.inputCount)
    )
    let (output, inputGradient) = (workspace.unwritten(outputs), workspace.unwritten(inputs))
    let weightGradient = workspace.floats(weightStart ?? [Float](repeating: 0, count: shape.weightCount))
    let biasGradient = workspace.floats(biasStart ?? [Float](repeating: 0, count: shape.outputChannels))
    if let algorithm {
        let scratch = workspace.floats([Float](repeating: scratchValue, count: algorithm.scratchCount))
        // Weights are laid out anew where an algorithm asks for it.
        var (forwardWeights, backwardWeights) = (weights, weights)
        if algorithm.forwardCount > 0 {
            forwardWeights = workspace.unwritten(algorithm.forwardCount)
            algorithm.prepareForward(weights: weights, into: forwardWeights)
        }
        if algorithm.backwardCount > 0 {
            backwardWeights = workspace.unwritten(algorithm.backwardCount)
            algorithm.prepareBackward(weights: weights, into: backwardWeights)
        }
        algorithm.forward(
            images: images, input: input, prepared: forwardWeights, bias: bias, output: output, scratch: scratch
        ) {}
        algorithm.backwardWeights(
            images: images, input: input, outputGradient: outputGradient, weightGradient: weightGradient,
            biasGradient: biasGradient, scratch: scratch
        ) {}
        algorithm.backwardInput(
            images: images, outputGradient: outputGradient, prepared: backwardWeights, inputGradient: inputGradient,
            scratch: scratch
        ) {}
    } else {
        ReferenceConvolution.forward(shape, images: images, input: input, weights: weights, bias: bias, output: output)
        ReferenceConvolution.backwardWeights(
            shape, images: images, input: input, outputGradient: outputGradient, weightGradient: weightGradient,
            biasGradient: biasGradient)
        ReferenceConvolution.backwardInput(
            shape, images: images, outputGradient: outputGradient, weights: weights, inputGradient: inputGradient)
    }
    return ConvolutionResult(
        output: inPixels(values(output, outputs), samples: images, layout),
        inputGradient: inPixels(values(inputGradient, inputs), samples: images, layout),
        weightGradient: values(weightGradient, shape.weightCount), biasGradient: values(biasGradient, shape.outputChannels),
        isIntact: workspace.isIntact)
}
