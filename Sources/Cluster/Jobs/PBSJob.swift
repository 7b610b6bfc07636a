/// A job file for the qsub of PBS Professional and OpenPBS.
struct PBSJob {
    private let request: JobRequest

    init(_ request: JobRequest) { self.request = request }

    var text: String {
        (["#!/bin/bash"] + head + directives.map { "#PBS \($0)" } + ["set -euo pipefail", "cd \"$PBS_O_WORKDIR\"", ""]
            + script.lines + [""])
            .joined(separator: "\n")
    }

    private var head: [String] {
        request.heading(one: "a PBS job", several: "a PBS job") + [
            "# Submit it by qsub, from the folder that paths are relative to. LOCKSTEP names the executable, where PATH does not lead to it on",
            "# every node; submitted again with the same RUN (qsub -v RUN=runs/…), it goes on from the newest checkpoint.",
        ]
    }

    private var directives: [String] {
        var lines = [
            "-N \(request.name)",
            "-l select=\(request.nodes):ncpus=\(request.ranksPerNode):mpiprocs=\(request.ranksPerNode)", "-l place=scatter",
            "-l walltime=\(request.time)",
        ]
        if let partition = request.partition { lines.append("-q \(partition)") }
        if let sweep = request.sweep { lines.append("-J 0-\(sweep.values.count - 1)") }
        return lines + ["-j oe", "-r \(request.isPreemptable ? "y" : "n")"]
    }

    private var script: JobScript {
        JobScript(
            request: request,
            // An array's job id is 12[0].server for its job of index 0.
            run: request.sweep == nil
                ? "${RUN:-runs/$PBS_JOBNAME-${PBS_JOBID%%.*}}" : "${RUN:-runs/$PBS_JOBNAME-${PBS_JOBID%%[*}}/$PBS_ARRAY_INDEX",
            starter:
                "mpirun --hostfile \"$PBS_NODEFILE\" -np \(request.ranks) --bind-to core -x OPENBLAS_NUM_THREADS -x OMP_NUM_THREADS",
            hosts: [
                "mkdir -p \"$run\"", "hosts=$run/hosts",
                "sort \"$PBS_NODEFILE\" | uniq -c | awk '{ print $2 \" slots=\" $1 }' >\"$hosts\"",
            ],
            index: request.sweep == nil ? nil : "$PBS_ARRAY_INDEX",
            asking: [
                "Training stops itself \(request.time.notice) s before the time is over. PBS' signals reach ranks without this shell."
            ],
            traps: ["trap : USR1 TERM"],
            again: [
                "if [ \"$code\" -eq 75 ]; then echo \"stopped as asked; to go on: qsub -v RUN=\(request.sweep == nil ? "$run" : "${run%/*}") and this file\"; fi"
            ])
    }
}
