import Datasets
import Diagnostics
import Kernels
import MPI
import Networks
import Tuning

extension Experiment {
    /// The experiment with the kernel table that is fastest on rank 0's core, the same on all ranks: rank 0 times the algorithms at the size
    /// of its own micro-batches while the others wait. Collective.
    ///
    /// - Throws: `AgreedFailure`, as `Model.resolvedLayers()`.
    func tuned(partition: BatchPartition, _ startUp: StartUp, reporter: any TrainingReporter) throws -> Experiment {
        var tuned = self
        tuned.kernels = nil
        var text: [UInt8] = []
        try startUp.agreed("tunes kernels") {
            guard startUp.world.rank == 0 else { return }
            let work = try RankWork(tuned, partition: partition, rank: 0)
            let tuner = ConvolutionTuner(
                try Plan.convolutions(of: tuned.resolvedModel(), work.options), images: work.groupSamples, calls: work.groups.count)
            let found = tuner.tune { reporter.tuning(convolution: $0, of: tuner.convolutions.count) }
            reporter.tuned(found)
            text = Array(try canonicalJSON(found.table).utf8)
        }
        text = try startUp.broadcast(text)
        tuned.kernels = try Recipe.decode(KernelTable.self, from: String(decoding: text, as: UTF8.self), name: "kernel table")
        return tuned
    }
}

extension TrainingRequest {
    /// - Throws: `Failure.usage` where tuning is asked for and there is nothing to choose.
    func checkTuning(of experiment: Experiment) throws {
        guard tunes else { return }
        let reason: (String, String)? =
            if resume != nil {
                ("--resume", "the run's kernel table stands")
            } else if experiment.convolution == .im2col {
                ("convolution im2col", "the column matrix computes every convolution")
            } else {
                nil
            }
        if let (other, because) = reason {
            throw Failure(.usage, "--tune-kernels does not go with \(other): \(because); leave --tune-kernels out")
        }
    }
}
