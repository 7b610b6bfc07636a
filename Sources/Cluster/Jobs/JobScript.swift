import Diagnostics

/// The part of a job that is the same everywhere: lines of bash that start a training, or go on with it, and hand a request to stop on.
struct JobScript {
    let request: JobRequest
    /// The run directory, as bash reads it.
    let run: String
    /// What starts the ranks in front of the executable, as bash reads it; of no use to `lockstep launch`.
    let starter: String
    /// What writes a hostfile for `lockstep launch` to `$hosts`, which it names; nothing where the file is there already.
    let hosts: [String]
    /// What tells which value of a sweep is this job's, as bash reads it; nil where there is none.
    let index: String?
    /// Who asks a preemptable job to stop, and when: lines of a comment.
    let asking: [String]
    /// What bash does about signals: it outlives them and, where they come to it alone, hands them on. Ranks must hear each once: at a
    /// second one they end at once.
    let traps: [String]
    /// What follows where training has stopped as asked.
    let again: [String]

    var lines: [String] {
        var lines = [
            "lockstep=${LOCKSTEP:-lockstep}", "run=\(run)", "training=(\(shellCommand(["train"] + request.trainingArguments)))",
        ]
        if let sweep = request.sweep, let index {
            lines += ["values=(\(shellCommand(sweep.values)))", "training+=(--\(sweep.option) \"${values[\(index)]}\")"]
        }
        lines.append("")
        if request.starter == .launch {
            lines += hosts
            lines.append(
                "# After a failure it is started again from the newest checkpoint, without the hosts that are gone; so is a job that is gone on with."
            )
        } else {
            lines += [
                "# A first start and every later one are the same: what has a checkpoint goes on from it.",
                "if compgen -G \"$run/checkpoints/step-*.safetensors\" >/dev/null; then training+=(--resume); fi",
            ]
        }
        lines.append("export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1")
        let command = "\"${training[@]}\" --run \"$run\""
        let start =
            request.starter == .launch
            ? "\"$lockstep\" launch -np \(request.ranks) --hostfile \"$hosts\" --max-restarts 3 -- \(command)"
            : "\(starter) \"$lockstep\" \(command)"
        return lines + (request.isPreemptable ? stoppable(start) : [start])
    }

    /// bash looks at signals only while it waits itself; a signal ends its waiting, not what it waits for.
    private func stoppable(_ start: String) -> [String] {
        let told =
            asking + ["All ranks then write a checkpoint behind the step under way, and end with exit code 75: to be gone on with."]
        return [""] + told.map { "# \($0)" } + ["\(start) &", "ranks=$!"] + traps + [
            "code=0",
            "wait \"$ranks\" || code=$?",
            "while kill -0 \"$ranks\" 2>/dev/null; do",
            "  code=0",
            "  wait \"$ranks\" || code=$?",
            "done",
        ] + again + ["exit \"$code\""]
    }
}
