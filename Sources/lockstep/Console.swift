import Datasets
import Diagnostics
import Foundation
import MPI
import Networks
import Training
import Tuning

/// Tells on rank 0 how training goes: a line that is redrawn on a terminal, plain lines at a calm rate elsewhere. Other ranks are silent
/// but for warnings, which carry rank and host.
final class Console: TrainingReporter {
    private let rank: Int
    private let host: String
    private let worldSize: Int
    private let terminal = Terminal()
    /// Samples and seconds of steps since the start of this process.
    private var samples = 0
    private var seconds = 0.0
    private var experiment: Experiment?

    init(world: Communicator) {
        rank = world.rank
        host = world.hostName
        worldSize = world.size
    }

    func tuning(convolution: Int, of count: Int) {
        guard convolution == 1 || terminal.isDue else { return }
        terminal.progress("tuning convolution \(convolution) of \(count)")
    }

    func tuned(_ kernels: TunedKernels) {
        let (changes, count) = (kernels.changes, kernels.table.entries.count)
        terminal.print(
            "tuned \(count) convolution\(count == 1 ? "" : "s"): \(changes.count) of \(kernels.productCount) products are not the default table's"
        )
        for change in changes {
            terminal.print(
                "  \(change.shape), \(change.direction.rawValue): \(change.chosen) instead of \(change.usual), "
                    + String(format: "%.2f times as fast", change.speedUp))
        }
    }

    func started(_ summary: RunSummary) {
        experiment = summary.experiment
        let partition = summary.partition
        let experiment = summary.experiment
        var lines = [
            "\(experiment.model.name) (\(summary.parameterCount.grouped) parameters) on \(experiment.data?.description ?? "data")",
            "global batch \(partition.globalBatch) = \(partition.microBatches) micro-batches × \(shares(partition.globalBatch, partition.microBatches)); "
                + "\(summary.ranks) rank\(summary.ranks == 1 ? "" : "s") × \(shares(partition.microBatches, summary.ranks))",
            "learning rate \(experiment.optimiser.rate) (not scaled by batch or ranks), momentum \(experiment.optimiser.momentum), "
                + "\(experiment.epochs) epoch\(experiment.epochs == 1 ? "" : "s"), seed \(experiment.seed)",
            "run directory \(summary.run.path)",
        ]
        if let samples = experiment.data?.training, experiment.split != TrainingSplit() {
            let (held, trained) = (experiment.split.validation, experiment.split.trainingCount(of: samples))
            lines.insert("trained on \(trained.grouped) of the training images, validated on \(held.grouped)", at: 1)
        }
        if experiment.syncBatchNorm { lines.insert("BatchNorm's statistics over the global batch", at: 2) }
        if let checkpoint = summary.resumedFrom {
            let position = summary.start.position
            lines.append(
                "resumed from \(checkpoint): epoch \(position.epoch + 1), sample \(position.sample.grouped), step \(position.step.grouped)"
            )
            lines += summary.changes.map { "  changed: \($0)" }
            if position.step >= summary.totalSteps {
                lines.append(
                    "nothing is left to do: all \(summary.totalSteps.grouped) steps were taken; for more, raise --epochs or --max-steps"
                )
            }
        }
        lines.forEach { terminal.print($0) }
    }

    func stepped(_ report: StepReport) {
        samples += report.figures.samples
        seconds += report.seconds
        guard terminal.isDue else { return }
        let done = report.progress.position.step
        let speed = Double(samples) / seconds
        let stepSeconds = seconds / (Double(samples) / Double(max(report.figures.samples, 1)))
        let epoch = report.progress.position.epoch + (report.progress.position.sample == 0 ? 0 : 1)
        terminal.progress(
            "epoch \(epoch)/\(experiment?.epochs ?? 0)  step \(report.stepInEpoch.grouped)/\(report.stepsInEpoch.grouped)"
                + String(
                    format: "  loss %.4f  accuracy %.4f  ", report.progress.figures.meanLoss, report.progress.figures.accuracy)
                + "\(Int(speed).grouped) images/s  \(duration(Double(report.totalSteps - done) * stepSeconds)) left")
    }

    func finishedEpoch(_ report: EpochReport) {
        let speed = report.seconds > 0 ? Double(report.samples) / report.seconds : 0
        terminal.print(
            "epoch \(report.epoch)/\(report.epochs)"
                + "  train \(lossAndAccuracy(report.training.meanLoss, report.training.accuracy))"
                + (report.validation.map { "  validation \(lossAndAccuracy($0.meanLoss, $0.accuracy))" } ?? "")
                + "  test \(lossAndAccuracy(report.test.meanLoss, report.test.accuracy))  "
                + "\(Int(speed).grouped) images/s  \(duration(report.seconds))")
    }

    func stoppedEarly(_ explanation: String) { terminal.print(explanation) }

    func warn(_ text: String) {
        terminal.endProgress()
        complain(worldSize == 1 ? "warning: \(text)" : "warning: rank \(rank) on \(host): \(text)")
    }

    /// More ranks than cores take turns; a rank that waits in MPI then steals the time of one that works, unless it yields.
    func warnOfSharedCores() {
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let here = LaunchEnvironment.current?.localSize ?? worldSize
        guard rank == 0, here > cores else { return }
        let yields = ProcessInfo.processInfo.environment["OMPI_MCA_mpi_yield_when_idle"] == "1"
        warn(
            "\(here) ranks share \(cores) cores: they take turns, so this is no faster than \(cores) ranks"
                + (yields ? "" : "; give mpirun '--mca mpi_yield_when_idle 1', or waiting ranks slow down those that work"))
    }

    /// How large the parts of a whole are that is shared as evenly as can be.
    private func shares(_ whole: Int, _ count: Int) -> String {
        let (smallest, rest) = whole.quotientAndRemainder(dividingBy: count)
        return rest == 0 ? "\(smallest)" : "\(smallest) or \(smallest + 1)"
    }
}
