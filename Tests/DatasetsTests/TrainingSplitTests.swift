import Diagnostics
import TestSupport
import Testing

@testable import Datasets

/// How the training images are divided: every image in one part, the same parts for the same seed.
@Suite struct TrainingSplitTests {
    private func numbers(_ selection: Selection?) -> [Int] {
        selection.map { selection in (0..<selection.count).map { selection[$0] } } ?? []
    }

    private func withImages<Result>(_ body: (ImageSet) throws -> Result) throws -> Result {
        try withTemporaryDirectory { directory in
            try write(SmallFiles.cifar((0..<100).map { [UInt8($0 % 10)] }), directory, "data_batch_1.bin")
            try write(SmallFiles.cifar([[0]]), directory, "test_batch.bin")
            return try body(Dataset.open(directory: directory).training)
        }
    }

    @Test(arguments: [(0, 1.0, 100), (30, 1.0, 70), (30, 0.25, 18), (0, 0.07, 7), (99, 1.0, 1)])
    func partsAreWhatTheySay(validation: Int, subset: Double, training: Int) throws {
        try withImages { images in
            let split = TrainingSplit(validation: validation, subset: subset)
            try split.check(samples: images.count)
            let parts = split.divide(images)
            let (trained, heldOut) = (numbers(parts.training), numbers(parts.validation))
            #expect(trained.count == training && heldOut.count == validation && (parts.validation == nil) == (validation == 0))
            #expect(Set(trained + heldOut).count == training + validation, "an image is in two parts, or twice in one")
            #expect(
                trained == trained.sorted() && heldOut == heldOut.sorted() && (trained + heldOut).allSatisfy((0..<100).contains))
            #expect(numbers(split.divide(images).training) == trained)
        }
    }

    /// A smaller share is a part of a larger one, and the images held out do not hang on it; another seed gives other parts.
    @Test func sharesAreNested() throws {
        try withImages { images in
            func parts(_ subset: Double, seed: UInt64 = 1) -> (training: Set<Int>, validation: Set<Int>) {
                let parts = TrainingSplit(validation: 20, subset: subset, seed: seed).divide(images)
                return (Set(numbers(parts.training)), Set(numbers(parts.validation)))
            }
            #expect(parts(0.25).training.isStrictSubset(of: parts(0.5).training))
            #expect(parts(0.25).validation == parts(1).validation)
            #expect(parts(0.5).training != parts(0.5, seed: 2).training)
            #expect(parts(0.5).validation != parts(0.5, seed: 2).validation)
        }
    }

    @Test(arguments: [(-1, 1.0), (100, 1.0), (0, 0.0), (0, 1.5), (0, -0.5), (0, Double.nan), (99, 0.25)])
    func splitsThatCannotBe(validation: Int, subset: Double) {
        let failure = #expect(throws: Failure.self) {
            try TrainingSplit(validation: validation, subset: subset).check(samples: 100)
        }
        #expect(failure?.kind == .usage && failure?.description.contains("split") == true)
    }

    /// The reader gives the selection's images, not those at the same places of the whole set.
    @Test func theReaderReadsTheSelection() throws {
        try withImages { images in
            let selection = TrainingSplit(subset: 0.1).divide(images).training
            let normalisation = Normalisation(mean: [0, 0, 0], deviation: [1, 1, 1])
            let reader = SampleReader(samples: selection, normalisation: normalisation)
            var pixels = [Float](repeating: 0, count: reader.sampleCount)
            for position in 0..<selection.count {
                let label = try pixels.withUnsafeMutableBufferPointer { buffer in
                    try reader.read(position, epoch: 0, into: #require(buffer.baseAddress))
                }
                #expect(Int(label) == selection[position] % 10)
                let first = SmallFiles.pixel(image: selection[position], channel: 0, row: 0, column: 0)
                #expect(pixels[0] == Float(first) / 255)
            }
        }
    }
}
