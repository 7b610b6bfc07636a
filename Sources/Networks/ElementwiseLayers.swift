import Kernels
import Random

struct ReLULayer: CompiledLayer {
    /// Values per sample.
    let count: Int
    let input: Place
    let output: Int
    let gradients: GradientWiring

    func forward(_ pass: Pass) {
        ReLU.forward(count: pass.samples * count, input: pass[input], output: pass.output(output))
    }

    func backward(_ pass: Pass) {
        guard let inputGradient = gradients.input else { return }
        ReLU.backward(
            count: pass.samples * count, output: pass.output(output), outputGradient: pass[gradients.output],
            inputGradient: pass[inputGradient])
    }
}

/// Which values are dropped is a pure function of (seed, step, place of the sample in the global batch, layer, neuron).
final class DropoutLayer: CompiledLayer {
    /// Tells the dropout layers of one model apart.
    private let ordinal: Int
    private let count: Int
    private let rate: Double
    private let input: Place
    private let output: Int
    private let gradients: GradientWiring
    /// The choices of the last forward pass, for its backward pass: [capacity, count].
    private let kept: UnsafeMutableBufferPointer<Bool>

    init(ordinal: Int, count: Int, capacity: Int, rate: Double, input: Place, output: Int, gradients: GradientWiring) {
        self.ordinal = ordinal
        self.count = count
        self.rate = rate
        self.input = input
        self.output = output
        self.gradients = gradients
        kept = .allocate(capacity: capacity * count)
        kept.initialize(repeating: true)
    }

    deinit { kept.deallocate() }

    func forward(_ pass: Pass) {
        if case .training(let seed, let step) = pass.mode {
            draw(seed: seed, step: step, batch: pass.batch)
            apply(pass, from: pass[input], to: pass.output(output))
        } else {
            pass.output(output).update(from: pass[input], count: pass.samples * count)
        }
    }

    func backward(_ pass: Pass) {
        guard let inputGradient = gradients.input else { return }
        apply(pass, from: pass[gradients.output], to: pass[inputGradient])
    }

    private func apply(_ pass: Pass, from source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        guard let kept = kept.baseAddress else { return }
        Dropout.apply(count: pass.samples * count, kept: kept, scale: Float(1 / (1 - rate)), input: source, output: target)
    }

    private func draw(seed: UInt64, step: Int, batch: MicroBatch) {
        let generator = CounterGenerator(seed: seed, purpose: .dropout)
        let threshold = UInt32(rate * 0x1p32)
        for sample in 0..<batch.count {
            let row = sample * count
            let globalSample = UInt32(batch.firstSample + sample)
            for neuron in stride(from: 0, to: count, by: 4) {
                // 24 bits of neurons in fours, 8 bits of layers.
                let words = generator.block(
                    UInt32(ordinal) << 24 | UInt32(neuron / 4), globalSample, UInt32(truncatingIfNeeded: step))
                for lane in 0..<min(4, count - neuron) { kept[row + neuron + lane] = words[lane] >= threshold }
            }
        }
    }
}
