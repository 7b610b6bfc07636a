import Scaling

/// One start of mpirun: so many ranks that train together, or alone at once.
struct ScalingJob: Sendable, Equatable {
    /// Where a result belongs: the same single-rank run is a point of both modes.
    struct Place: Sendable, Equatable {
        let mode: ScalingMode
        let label: String
    }

    let ranks: Int
    /// Over all ranks; of copies, of each.
    let globalBatch: Int
    let microBatches: Int
    let areCopies: Bool
    private(set) var places: [Place]

    /// A file name, and what a line of progress calls it.
    var name: String {
        "\(areCopies ? "copies" : "ranks")-\(ranks)-batch-\(globalBatch)-in-\(microBatches)"
    }

    /// What one rank computes: the batch and micro-batches of a single rank that does the same.
    var share: ComputeShare {
        areCopies
            ? ComputeShare(batch: globalBatch, microBatches: microBatches)
            : ComputeShare(batch: globalBatch / ranks, microBatches: microBatches / ranks)
    }

    /// What is measured in a turn, in order of ranks: for each count the ranks together, and as many copies that know nothing of each other;
    /// of one rank also the whole batch as a single micro-batch, which may well be the faster baseline.
    ///
    /// In strong scaling the batch is the recipe's, in weak scaling each rank has one as large, in as many micro-batches.
    static func all(of request: ScalingRequest) -> [ScalingJob] {
        var jobs: [ScalingJob] = []
        func add(_ mode: ScalingMode, _ ranks: Int, _ batch: Int, _ microBatches: Int, copies: Bool = false, label: String = "") {
            let place = Place(mode: mode, label: label)
            let job = ScalingJob(
                ranks: ranks, globalBatch: batch, microBatches: microBatches, areCopies: copies, places: [place])
            if let known = jobs.firstIndex(where: { $0.name == job.name }) {
                jobs[known].places.append(place)
            } else {
                jobs.append(job)
            }
        }
        let (batch, parts) = (request.recipe.experiment.globalBatch, request.recipe.experiment.microBatches)
        for ranks in Set(request.rankCounts + [1]).sorted() {
            for mode in request.modes {
                let isStrong = mode == .strong
                guard ranks > 1 else {
                    add(mode, 1, batch, parts, label: parts == 1 ? "" : "\(parts) micro-batches")
                    // Replayed, it would need other times.
                    if parts > 1, !request.replays { add(mode, 1, batch, 1, label: "1 micro-batch") }
                    continue
                }
                add(mode, ranks, isStrong ? batch : batch * ranks, isStrong ? parts : parts * ranks)
                if !request.replays {
                    add(mode, ranks, isStrong ? batch / ranks : batch, isStrong ? parts / ranks : parts, copies: true)
                }
            }
        }
        return jobs
    }
}

/// What one rank computes in a step.
struct ComputeShare: Sendable, Hashable {
    let batch: Int
    let microBatches: Int
}
