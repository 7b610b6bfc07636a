import Random
import TestSupport
import Testing

@testable import Datasets

@Suite struct SampleReaderTests {
    private static let normalisation = Normalisation(mean: [0.25, 0.5, 0.75], deviation: [0.5, 0.25, 2])

    /// Pixel by pixel: padded with black, cut out, mirrored, normalised, channels last.
    @Test(arguments: [
        Augmentation.none, Augmentation(flip: true, crop: 0), Augmentation(flip: false, crop: 3), .standard,
        Augmentation(flip: true, crop: 40),
    ])
    func everyPixelIsWhereItsDrawPutsIt(augmentation: Augmentation) throws {
        try withTemporaryDirectory { directory in
            try SmallFiles.writeCIFAR10(directory)
            let images = try Dataset.open(directory: directory).training
            let reader = SampleReader(
                samples: Selection(images), normalisation: Self.normalisation, augmentation: augmentation, seed: 8)
            let generator = CounterGenerator(seed: 8, purpose: .augmentation)
            var output = [Float](repeating: .nan, count: reader.sampleCount)
            for epoch in 0..<4 {
                for image in 0..<images.count {
                    let label = try output.withUnsafeMutableBufferPointer { buffer in
                        try reader.read(image, epoch: epoch, into: try #require(buffer.baseAddress))
                    }
                    #expect(label == Int32(image))
                    let draw = augmentation.draw(generator: generator, sample: image, epoch: epoch)
                    #expect(output == Self.expected(image, draw), "image \(image), epoch \(epoch), \(draw)")
                }
            }
        }
    }

    /// Half of all samples are mirrored, and every place of the crop comes as often as any other. Bounds are six standard errors.
    @Test func drawsAreUniform() {
        let generator = CounterGenerator(seed: 1, purpose: .augmentation)
        let count = 9_000
        var mirrored = 0
        var places = [[Int]](repeating: [Int](repeating: 0, count: 9), count: 2)
        for sample in 0..<count {
            let draw = Augmentation.standard.draw(generator: generator, sample: sample, epoch: 2)
            mirrored += draw.mirrored ? 1 : 0
            for (axis, place) in [draw.top, draw.left].enumerated() {
                #expect((-4...4).contains(place))
                places[axis][place + 4] += 1
            }
        }
        #expect(abs(mirrored - count / 2) < 6 * 48, "\(mirrored) of \(count) mirrored")
        #expect(places.joined().allSatisfy { abs($0 - 1_000) < 6 * 30 }, "places of the crop: \(places)")
    }

    @Test func drawsFollowFromSampleAndEpoch() {
        let generator = CounterGenerator(seed: 1, purpose: .augmentation)
        func draws(epoch: Int) -> [Augmentation.Draw] {
            (0..<200).map { Augmentation.standard.draw(generator: generator, sample: $0, epoch: epoch) }
        }
        #expect(draws(epoch: 0) == draws(epoch: 0))
        // One in 2·9·9 agrees by chance.
        #expect(zip(draws(epoch: 0), draws(epoch: 1)).filter { $0 == $1 }.count < 12)
        #expect(Augmentation.none.draw(generator: generator, sample: 3, epoch: 4) == Augmentation.Draw())
    }

    private static func expected(_ image: Int, _ draw: Augmentation.Draw) -> [Float] {
        var values: [Float] = []
        for row in 0..<32 {
            for column in 0..<32 {
                for channel in 0..<3 {
                    let shownRow = row + draw.top
                    let shownColumn = (draw.mirrored ? 31 - column : column) + draw.left
                    let isInside = (0..<32).contains(shownRow) && (0..<32).contains(shownColumn)
                    let byte = isInside ? SmallFiles.pixel(image: image, channel: channel, row: shownRow, column: shownColumn) : 0
                    values.append((Float(byte) / 255 - normalisation.mean[channel]) / normalisation.deviation[channel])
                }
            }
        }
        return values
    }
}
