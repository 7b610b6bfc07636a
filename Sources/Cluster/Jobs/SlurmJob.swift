/// A job file for Slurm's sbatch.
struct SlurmJob {
    private let request: JobRequest

    init(_ request: JobRequest) { self.request = request }

    var text: String {
        (["#!/bin/bash"] + head + directives.map { "#SBATCH \($0)" } + ["set -euo pipefail", ""] + script.lines + [""])
            .joined(separator: "\n")
    }

    private var head: [String] {
        request.heading(one: "a Slurm job", several: "a Slurm job") + [
            "# Submit it by sbatch, from the folder that paths are relative to. LOCKSTEP names the executable, where PATH does not lead to it on",
            "# every node; submitted again with the same RUN, it goes on from the newest checkpoint.",
        ]
    }

    private var directives: [String] {
        var lines = [
            "--job-name=\(request.name)", "--nodes=\(request.nodes)", "--ntasks-per-node=\(request.ranksPerNode)",
            "--ntasks-per-core=1", "--time=\(request.time)",
        ]
        if let partition = request.partition { lines.append("--partition=\(partition)") }
        if let sweep = request.sweep { lines.append("--array=0-\(sweep.values.count - 1)") }
        if request.isPreemptable {
            lines += ["--requeue", "--open-mode=append", "--signal=B:USR1@\(request.time.notice)"]
        } else {
            lines.append("--no-requeue")
        }
        return lines + ["--output=\(request.sweep == nil ? "%x-%j" : "%x-%A-%a").out"]
    }

    private var script: JobScript {
        JobScript(
            request: request,
            run: request.sweep == nil
                ? "${RUN:-runs/$SLURM_JOB_NAME-$SLURM_JOB_ID}"
                : "${RUN:-runs/$SLURM_JOB_NAME-$SLURM_ARRAY_JOB_ID}/$SLURM_ARRAY_TASK_ID",
            // Slurm tells mpirun hosts and slots; srun tells ranks of each other by PMIx.
            starter: request.starter == .srun ? "srun --mpi=pmix" : "mpirun --bind-to core",
            hosts: [
                "mkdir -p \"$run\"", "hosts=$run/hosts",
                "scontrol show hostnames | sed 's/$/ slots=\(request.ranksPerNode)/' >\"$hosts\"",
            ],
            index: request.sweep == nil ? nil : "$SLURM_ARRAY_TASK_ID",
            asking: [
                "Slurm sends SIGUSR1 to this shell \(request.time.notice) s before the time is over and, with PreemptParameters=send_user_signal,",
                "before a preemption.",
            ],
            traps: ["trap 'kill -USR1 \"$ranks\"' USR1", "trap : TERM"],
            again: ["if [ \"$code\" -eq 75 ]; then scontrol requeue \"$SLURM_JOB_ID\"; fi"])
    }
}
