/// How the activations of many samples lie in memory.
public enum TensorLayout: Sendable, Equatable {
    /// [N, H, W, C]: a pixel's channels side by side.
    case pixels
    /// [⌈N/lanes⌉, H, W, C, lanes], by `SampleBlocks.lanes`: samples side by side, so that one vector holds one value of each, and no lane is
    /// wasted however few channels there are.
    ///
    /// The last block may have lanes behind the last sample. Kernels compute them like all others; what is gathered is 0 there, so that gradients
    /// are, and nothing is added by them to sums over samples.
    case sampleBlocks

    /// Floats that `samples` samples of `count` floats take.
    public func floats(samples: Int, count: Int) -> Int {
        switch self {
        case .pixels: samples * count
        case .sampleBlocks: SampleBlocks.blocks(samples: samples) * SampleBlocks.lanes * count
        }
    }
}
