import Testing

import Kernels
import TestSupport

/// The forms of `Winograd` against the plain loops of `ReferenceConvolution`, element by element.
///
/// A tolerance is four times the bound of the root mean square that the type's documentation derives: α·u·(n + 8)·σ·σ, with σ² = 1/3 for
/// numbers drawn from [−1, 1).
@Suite struct WinogradTests {
    /// F(4×4, r×r): r, the points of interpolation but ∞, and α forward and for the weights' gradient.
    struct Form: Sendable, CustomStringConvertible {
        let taps: Int
        let points: [Double]
        let alpha: Double, weightAlpha: Double

        var description: String { "F(4×4, \(taps)×\(taps))" }
    }

    static let forms = [
        Form(taps: 3, points: [0, 0.6875, -0.6875, 1.375, -1.375], alpha: 23.6, weightAlpha: 26.0),
        Form(taps: 5, points: [0, 0.5, -0.5, 1, -1, 2, -2], alpha: 148.8, weightAlpha: 143.8),
    ]

    @Test(arguments: forms) func agreesWithPlainLoopsAroundTheEdgesOfTiles(form: Form) {
        let cases = Self.drawn(250, form)
        let sizes = Set(cases.flatMap { [$0.shape.height, $0.shape.width] })
        #expect(sizes == Set(1...13) && Set(cases.map(\.shape.paddingTop)) == Set(0..<form.taps))
        for side in [\ConvolutionShape.outputHeight, \.outputWidth] {
            #expect(Set(cases.map { $0.shape[keyPath: side] % 4 }).count == 4)
        }
        #expect(Set(cases.map(\.shape.inputChannels)) == [8, 16, 24, 40] && Set(cases.map(\.images)) == Set(1...5))
        check(cases, form)
    }

    /// A block has 24, 48 or 132 tiles, by the channels, and a register tile 12, 6 or 4: images of one tile each, in every remainder of these.
    @Test(arguments: forms) func agreesWithPlainLoopsAroundTheEdgesOfBlocks(form: Form) {
        func oneTile(_ inputs: Int, _ outputs: Int, side: Int = 1) -> ConvolutionShape {
            ConvolutionShape(
                height: side, width: side, inputChannels: inputs, kernelHeight: form.taps, kernelWidth: form.taps,
                outputChannels: outputs, padding: form.taps / 2)
        }
        let counts = Array(1...25) + [47, 48, 49]
        check(counts.map { ConvolutionCase(shape: oneTile(16, 8, side: 3), images: $0, stream: 600 + $0) }, form)
        // More than 256 channels are summed in two parts.
        check([1, 131, 132, 133].map { ConvolutionCase(shape: oneTile(264, 272), images: $0, stream: 700 + $0) }, form)
        check([1, 47, 48, 49].map { ConvolutionCase(shape: oneTile(96, 104), images: $0, stream: 850 + $0) }, form)
    }

    @Test(arguments: forms) func weightGradientsAreAddedToWhatIsThere(form: Form) {
        let example = Self.drawn(1, form)[0]
        let once = run(example, with: .winograd)
        let start = (weights: once.weightGradient, bias: once.biasGradient)
        let twice = run(example, with: .winograd, weightStart: start.weights, biasStart: start.bias)
        #expect(twice.weightGradient == once.weightGradient.map { 2 * $0 })
        // Column sums of more than 64 rows are added block by block, which rounds otherwise from another start.
        var agreement = Agreement()
        let terms = Double(example.images * example.shape.outputPixels + 2)
        agreement.compare(
            twice.biasGradient, once.biasGradient.map { 2 * $0 },
            tolerances: once.biasGradient.map { _ in 2 * terms * Agreement.roundoff * terms }, "dbias")
        #expect(agreement.holds, "\(agreement)")
    }

    @Test(arguments: forms) func resultsDependOnArgumentsAlone(form: Form) {
        for example in Self.drawn(20, form) {
            let results = [Float.nan, 3].map { run(example, with: .winograd, scratchValue: $0) }
            for result in [\ConvolutionResult.output, \.inputGradient, \.weightGradient, \.biasGradient] {
                #expect(
                    results[0][keyPath: result].map(\.bitPattern) == results[1][keyPath: result].map(\.bitPattern), "\(example)")
            }
        }
    }

    @Test(arguments: forms) func noImagesChangeNothing(form: Form) {
        let example = ConvolutionCase(shape: Self.drawn(1, form)[0].shape, images: 0, stream: 1)
        let found = run(example, with: .winograd)
        #expect(found.weightGradient.allSatisfy { $0 == 0 } && found.biasGradient.allSatisfy { $0 == 0 } && found.isIntact)
    }

    @Test(arguments: forms) func otherShapesAreRefused(form: Form) {
        func isTaken(
            _ inputs: Int = 8, _ outputs: Int = 8, kernel: (Int, Int)? = nil, stride: Int = 1, padding: Int = 1, dilation: Int = 1,
            groups: Int = 1
        ) -> Bool {
            let (kernelHeight, kernelWidth) = kernel ?? (form.taps, form.taps)
            let shape = ConvolutionShape(
                height: 12, width: 12, inputChannels: inputs, kernelHeight: kernelHeight, kernelWidth: kernelWidth,
                outputChannels: outputs, stride: stride, padding: padding, dilation: dilation, groups: groups)
            return Winograd.convolution(shape) != nil
        }
        #expect((0..<form.taps).allSatisfy { isTaken(padding: $0) } && !isTaken(padding: form.taps))
        #expect(!isTaken(12) && !isTaken(8, 12) && !isTaken(stride: 2) && !isTaken(dilation: 2) && !isTaken(groups: 2))
        for other in [1, 2, 4, 7, 8 - form.taps] {
            #expect(!isTaken(kernel: (form.taps, other)) && !isTaken(kernel: (other, form.taps)))
        }
    }

    /// α of the documentation, from the definition of the three matrices.
    @Test(arguments: forms) func amplificationIsAsDocumented(form: Form) {
        let points = form.points
        func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
        func others(_ i: Int?) -> [Double] { points.indices.filter { $0 != i }.map { points[$0] } }
        /// The coefficients of Π (x − p).
        func polynomial(_ roots: [Double]) -> [Double] {
            roots.reduce([1]) { product, root in zip([0] + product, product + [0]).map { $0 - root * $1 } }
        }
        func powers(_ i: Int?, _ count: Int) -> [Double] {
            guard let i else { return [Double](repeating: 0, count: count - 1) + [1] }
            return (0..<count).map { power in (0..<power).reduce(1) { product, _ in product * points[i] } }
        }
        let rows: [(input: Double, filter: [Double], output: [Double])] = (points.indices.map { Optional($0) } + [nil]).map { i in
            let scale = i.map { i in others(i).reduce(1) { $0 * (points[i] - $1) } } ?? 1
            return (norm(polynomial(others(i))), powers(i, form.taps).map { $0 / scale }, powers(i, 4))
        }
        let forward = (0..<4).map { p in rows.reduce(0) { $0 + $1.output[p] * $1.output[p] * $1.input * norm($1.filter) } }
        let weights = (0..<form.taps).map { r in rows.reduce(0) { $0 + $1.filter[r] * $1.filter[r] * $1.input * norm($1.output) } }
        #expect(abs((forward.max() ?? 0) - form.alpha) < 0.06 && abs((weights.max() ?? 0) - form.weightAlpha) < 0.06)
    }

    private func check(_ cases: [ConvolutionCase], _ form: Form) {
        var agreement = Agreement()
        for example in cases {
            let shape = example.shape
            let found = run(example, with: .winograd)
            let expected = run(example, with: .reference)
            func compare(_ what: String, _ result: KeyPath<ConvolutionResult, [Float]>, terms: Int, alpha: Double) {
                let tolerance = 4 * alpha * Agreement.roundoff * Double(terms + 8) / 3
                agreement.compare(
                    found[keyPath: result], expected[keyPath: result],
                    tolerances: expected[keyPath: result].map { _ in tolerance }, "\(what) of \(example)")
            }
            let tiles = example.images * ((shape.outputHeight + 3) / 4) * ((shape.outputWidth + 3) / 4)
            compare("Y", \.output, terms: shape.inputChannels, alpha: form.alpha)
            compare("dX", \.inputGradient, terms: shape.outputChannels, alpha: form.alpha)
            compare("dW", \.weightGradient, terms: tiles, alpha: form.weightAlpha)
            compare("dbias", \.biasGradient, terms: example.images * shape.outputPixels, alpha: 1)
            #expect(found.isIntact, "\(example): written outside of a buffer")
        }
        #expect(agreement.holds, "\(agreement)")
    }

    /// Images and padding of any form around the tile of 4×4 outputs, the padding of each side for itself.
    private static func drawn(_ count: Int, _ form: Form) -> [ConvolutionCase] {
        var cases: [ConvolutionCase] = []
        var index = 0
        while cases.count < count {
            func draw(_ range: ClosedRange<Int>, _ stream: Int) -> Int {
                range.lowerBound + hashedInteger(below: range.count, index: index, stream: 50 + stream)
            }
            index += 1
            let reach = form.taps - 1
            let (height, width, top, left) = (draw(1...13, 1), draw(1...13, 2), draw(0...reach, 3), draw(0...reach, 4))
            let outputHeight = height + top + draw(0...reach, 5) - reach
            let outputWidth = width + left + draw(0...reach, 6) - reach
            guard outputHeight > 0 && outputWidth > 0 else { continue }
            let shape = ConvolutionShape(
                height: height, width: width, inputChannels: [8, 16, 24, 40][draw(0...3, 7)], kernelHeight: form.taps,
                kernelWidth: form.taps,
                outputChannels: [8, 16, 24, 40][draw(0...3, 8)], stride: 1, dilation: 1, groups: 1, paddingTop: top,
                paddingLeft: left, outputHeight: outputHeight, outputWidth: outputWidth)
            cases.append(ConvolutionCase(shape: shape, images: draw(1...5, 9), stream: 1_000 + index))
        }
        return cases
    }
}
