import Kernels

/// Activations [samples, count] as they lie in a layout, by plain loops; lanes behind the last sample are 0.
func laidOut(_ values: [Float], samples: Int, _ layout: TensorLayout) -> [Float] {
    guard layout == .sampleBlocks, samples > 0 else { return values }
    let count = values.count / samples
    var blocks = [Float](repeating: 0, count: layout.floats(samples: samples, count: count))
    forEachValue(samples: samples, count: count) { blocks[$1] = values[$0] }
    return blocks
}

/// The other way.
func inPixels(_ values: [Float], samples: Int, _ layout: TensorLayout) -> [Float] {
    guard layout == .sampleBlocks, samples > 0 else { return values }
    let count = values.count / layout.floats(samples: samples, count: 1)
    var pixels = [Float](repeating: 0, count: samples * count)
    forEachValue(samples: samples, count: count) { pixels[$0] = values[$1] }
    return pixels
}

private func forEachValue(samples: Int, count: Int, _ body: (_ inPixels: Int, _ inBlocks: Int) -> Void) {
    let lanes = SampleBlocks.lanes
    for sample in 0..<samples {
        for i in 0..<count { body(sample * count + i, (sample / lanes * count + i) * lanes + sample % lanes) }
    }
}
