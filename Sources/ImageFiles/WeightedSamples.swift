extension [UInt8] {
    /// Pixels of `samples` samples become pixels of one less: each of the others times that at `weight`, as a part of 255, rounded.
    func weighted(samples: Int, by weight: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count / samples * (samples - 1))
        for pixel in stride(from: 0, to: count, by: samples) {
            let part = Int(self[pixel + weight])
            for sample in 0..<samples where sample != weight {
                result.append(UInt8((Int(self[pixel + sample]) * part + 127) / 255))
            }
        }
        return result
    }
}
