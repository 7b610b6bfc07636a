import Datasets
import Diagnostics
import Kernels
import MPI
import Networks
import Recorder

/// Exact figures over a whole set: every sample once, at any rank count, to the last digit.
///
/// The set is cut into chunks of a fixed size that the experiment decides, never the ranks; each rank takes a run of whole chunks, and
/// losses are summed so that order cannot matter.
final class Evaluator {
    private let reader: SampleReader
    private let plan: Plan
    private let chunk: Int
    private let images: AlignedFloats
    private let labels: UnsafeMutableBufferPointer<Int32>

    /// Samples per chunk for an experiment.
    static func chunk(for experiment: Experiment) -> Int {
        max(16, (experiment.globalBatch + experiment.microBatches - 1) / experiment.microBatches)
    }

    /// - Parameter plan: one for at least `chunk` samples.
    init(reader: SampleReader, plan: Plan, chunk: Int) {
        self.reader = reader
        self.plan = plan
        self.chunk = chunk
        images = AlignedFloats(count: chunk * reader.sampleCount)
        labels = .allocate(capacity: chunk)
        labels.initialize(repeating: 0)
    }

    deinit { labels.deallocate() }

    /// The figures of this rank's chunks.
    ///
    /// - Parameter recorder: renewed with every chunk.
    func localFigures(
        parameters: UnsafePointer<Float>, rank: Int, ranks: Int, notedIn recorder: FlightRecorder? = nil
    ) throws -> Figures {
        var figures = Figures()
        let samples = reader.samples.count
        let chunks = (samples + chunk - 1) / chunk
        guard let labelBase = labels.baseAddress else { return figures }
        plan.prepare(parameters: parameters)
        for index in rank * chunks / ranks..<(rank + 1) * chunks / ranks {
            recorder?.renew()
            let range = index * chunk..<min((index + 1) * chunk, samples)
            for (row, sample) in range.enumerated() {
                labels[row] = try reader.read(sample, epoch: 0, into: images.base + row * reader.sampleCount)
            }
            let batch = MicroBatch(images: images.base, labels: labelBase, count: range.count, firstSample: range.lowerBound)
            plan.forward(batch, parameters: parameters, mode: .evaluation, figures: &figures)
        }
        return figures
    }

    /// The figures of the whole set; collective.
    ///
    /// - Parameter recorder: notes that others are waited for.
    func figures(
        parameters: UnsafePointer<Float>, over world: Communicator, sums: FigureSums, notedIn recorder: FlightRecorder? = nil
    ) throws -> Figures {
        let local = try world.agreed(notedIn: recorder) {
            try localFigures(parameters: parameters, rank: world.rank, ranks: world.size, notedIn: recorder)
        }
        let total = try recorder.during(.allReduce, count: FigureSums.count) { try sums.total(of: local, over: world) }
        require(
            total.samples == reader.samples.count,
            "\(total.samples) samples were evaluated, \(reader.samples.count) are in the set")
        return total
    }
}
