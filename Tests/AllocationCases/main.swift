// Counts heap allocations over warm training steps of one rank, in this process, through the same session as `lockstep train`.
// Usage: allocation-cases MODEL DIRECTORY [reproducible]     (an empty directory, for the data set and the run)
//
// Or:    allocation-cases memory MODEL GLOBAL-BATCH MICRO-BATCHES DIRECTORY
//
// The first prints `control 1` (the counter sees one deliberate allocation) and `steps 100 allocations N`; where N is not 0, the first stacks.
// The second prints `planned BYTES measured BYTES`: what a rank is said to take, and by how much it grew.

import CAllocationCounter
import Datasets
import Glibc
import MPI
import Networks
import Training
import Tuning

/// Counts from the end of step `warm` to the end of step `last`; silent otherwise.
final class CountingReporter: TrainingReporter {
    static let warm = 20
    static let last = 120
    private(set) var allocations = -1

    func tuning(convolution: Int, of count: Int) {}
    func tuned(_ kernels: TunedKernels) {}
    func started(_ summary: RunSummary) {}
    func stepped(_ report: StepReport) {
        switch report.progress.position.step {
        case Self.warm: allocation_counter_start()
        case Self.last: allocations = allocation_counter_stop()
        default: break
        }
    }
    func finishedEpoch(_ report: EpochReport) {}
    func stoppedEarly(_ explanation: String) {}
    func warn(_ text: String) { print("warning: \(text)") }
}

func countAllocations(model: String, in directory: String, reproducible: Bool) throws {
    // One epoch of 150 steps: none of the counted ones ends an epoch.
    try Shapes10.write(to: "\(directory)/data", training: 2_450, test: 50)
    let world = try MPIEnvironment.initialise()
    allocation_counter_prepare()

    allocation_counter_start()
    allocation_counter_allocate_once()
    let control = allocation_counter_stop()
    print("control \(control)")

    let reporter = CountingReporter()
    let request = TrainingRequest(recipe: nil, model: try BuiltInModel(named: model), resume: nil, command: []) { recipe in
        recipe.execution.data = "\(directory)/data"
        recipe.execution.run = "\(directory)/run"
        recipe.execution.logEvery = 0
        recipe.experiment.globalBatch = 16
        recipe.experiment.split.validation = 50
        (recipe.experiment.reproducible, recipe.experiment.syncBatchNorm) = (reproducible, !reproducible)
        recipe.execution.maxSteps = CountingReporter.last + 5
        recipe.experiment.optimiser.momentum = 0.9
        recipe.experiment.augmentation = .standard
    }
    try TrainingSession(request, world: world, reporter: reporter) { _ in }.train()
    print("steps \(CountingReporter.last - CountingReporter.warm) allocations \(reporter.allocations)")
    if reporter.allocations != 0 { allocation_counter_report() }
    try MPIEnvironment.finalise()
}

do {
    let arguments = CommandLine.arguments
    if arguments.count == 6, arguments[1] == "memory", let batch = Int(arguments[3]), let microBatches = Int(arguments[4]) {
        try measureMemory(model: arguments[2], globalBatch: batch, microBatches: microBatches, in: arguments[5])
    } else if arguments.count == 3 || arguments.count == 4 && arguments[3] == "reproducible" {
        try countAllocations(model: arguments[1], in: arguments[2], reproducible: arguments.count == 4)
    } else {
        print("usage: allocation-cases [memory] MODEL [GLOBAL-BATCH MICRO-BATCHES] DIRECTORY [reproducible]")
        exit(64)
    }
} catch {
    print("error: \(error)")
    exit(70)
}
