import Networks
import Testing

@testable import Parallelism

/// What buffers are said to take before they are made is what they take.
@Suite struct LinearBuffersTests {
    @Test(arguments: [1, 3]) func bytesAreThoseOfTheBuffers(passes: Int) throws {
        let builtIn = BuiltInModel(.lenet5)
        let divided = try DividedModel(builtIn.model(input: builtIn.usualInput, classes: 10), parts: 3)
        let capacity = HybridCapacity(globalBatch: 54, share: 18, pass: passes == 1 ? 54 : 20)
        let sizes = LinearBufferSizes(divided, capacity: capacity, passes: passes)
        let buffers = LinearBuffers(sizes)
        let ends = [
            buffers.ownActivations, buffers.ownGradients, buffers.returning, buffers.returned, buffers.outputGradients,
            buffers.blocks,
        ]
        let inputs = Set((0..<passes).map { buffers.inputs(ofPass: $0) }).count * capacity.pass * divided.width(0)
        let floats = (ends + buffers.outputs).reduce(inputs) { $0 + $1.count }
        // Two ranks' terms of 18 samples of 400 activations, and of a pass's samples of this rank's neurons: 40 of 120, 28 of 84.
        let terms = 2 * (18 * 400 + capacity.pass * 40)
        #expect(sizes.bytes(ofPart: 1) == (floats + terms) * 4 + (54 + capacity.pass) * 4)
    }
}
