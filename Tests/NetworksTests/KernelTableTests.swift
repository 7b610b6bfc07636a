import Diagnostics
import Kernels
import TestSupport
import Testing

@testable import Networks

/// A plan computes by the table that it is given, and refuses one that is not its model's.
@Suite struct KernelTableTests {
    /// Two convolutions of one shape, the second in a block; one of stride 2; and a fully connected layer.
    private static let model = Model(
        input: TensorShape(height: 9, width: 9, channels: 16), classes: 4,
        layers: [
            .convolution(.init(channels: 16, kernel: 3, padding: .pixels(1), bias: false)), .relu,
            .residual(.init(layers: [.convolution(.init(channels: 16, kernel: 3, padding: .pixels(1)))])),
            .convolution(.init(channels: 20, kernel: 3, stride: 2)), .flatten, .linear(.init(outputs: 4)),
        ])
    private static let square = "9x9x16 by 3x3 to 9x9x16 padding 1x1"
    private static let reference = KernelTable.Algorithms(forward: "im2col", input: "im2col", weights: "im2col")

    @Test func convolutionsOfOneShapeAreOne() throws {
        let all = try Plan.convolutions(of: Self.model, Plan.Options(capacity: 3))
        #expect(all.map(\.hasInputGradient) == [false, true, true, true] && all.map(\.hasBias) == [false, true, true, true])
        let distinct = all.distinctOverPixels
        #expect(distinct.map(\.shape) == [all[0].shape, all[2].shape, all[3].shape])
        #expect(distinct[0].hasBias && distinct[0].hasInputGradient)
        // LeNet-5's convolutions lie in sample blocks: nothing is to be chosen for them.
        let lenet = BuiltInModel(.lenet5)
        let fullyConnected = try Plan.convolutions(
            of: lenet.model(input: lenet.usualInput, classes: 10), Plan.Options(capacity: 8)
        ).distinctOverPixels
        #expect(fullyConnected.count == 3 && fullyConnected.allSatisfy { $0.shape.height * $0.shape.width == 1 })
    }

    @Test func theTableIsWhatIsComputed() throws {
        let table = KernelTable([Self.square: Self.reference])
        let (usual, tabled) = (
            try NetworkRun(Self.model, samples: 5), try NetworkRun(Self.model, samples: 5) { $0.kernels = table }
        )
        let names = tabled.plan.convolutions.map(\.kernels.description)
        #expect(names.prefix(2) == ["im2col, im2col, im2col", "im2col, im2col, im2col"])
        #expect(
            names.suffix(2) == usual.plan.convolutions.map(\.kernels.description).suffix(2)
                && usual.plan.convolutions.map(\.kernels.description)[0] == "winograd, winograd, winograd")
        let reference = try NetworkRun(Self.model, samples: 5) { $0.convolution = .im2col }
        let outcomes = [usual, tabled, reference].map { $0.run(.training(seed: 1, step: 0)) }
        // One batch by other kernels: Winograd's rounding, some hundred ulp through four layers, lies far below this.
        for (found, expected) in zip(outcomes[1].logits, outcomes[2].logits) {
            #expect(abs(found - expected) <= 1e-4 * max(1, abs(expected)))
        }
        #expect(outcomes[0].logits != outcomes[1].logits, "the table changed nothing")
    }

    @Test(arguments: [
        (
            ["9x9x16 by 3x3 to 9x9x17 padding 1x1": reference],
            "is no convolution over pixels of this model: did you mean '\(square)'?"
        ),
        (
            [square: KernelTable.Algorithms(forward: "im2col", input: "depthwise", weights: "im2col")],
            "kernels.\(square).input: 'depthwise' does not compute this convolution; what does is im2col, direct, winograd"
        ),
        (
            [square: KernelTable.Algorithms(forward: "im2col", input: "im2col", weights: "winogard")],
            "kernels.\(square).weights: 'winogard' does not compute this convolution"
        ),
        (
            [square: KernelTable.Algorithms(forward: "samples", input: "im2col", weights: "im2col")],
            "kernels.\(square).forward: 'samples' does not compute this convolution"
        ),
    ])
    func tablesOfOtherModels(entries: [String: KernelTable.Algorithms], message: String) {
        let options = Plan.Options(capacity: 2, kernels: KernelTable(entries))
        for compile in [{ _ = try Plan.size(of: Self.model, options) }, { _ = try Plan(model: Self.model, options) }] {
            let failure = #expect(throws: Failure.self, performing: compile)
            #expect(failure?.kind == .usage && failure?.description.contains(message) == true, "\(String(describing: failure))")
        }
    }
}
