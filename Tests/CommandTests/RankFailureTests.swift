import Foundation
import Kernels
import TestSupport
import Testing

/// Ranks that fail alone, die, or were never one world: the job ends within seconds, says who it was, and leaves nothing running.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RankFailureTests {
    /// The wrong launcher would otherwise train four runs of one rank each into one directory.
    @Test func separateWorldsAreRefused() throws {
        try Workplace.with { place in
            let train = ["train", "--model", "lenet5", "--data", place.data, "--run", place.path("run")]
            let run = try place.lockstep(train, environment: ["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"])
            expectFailure(run, code: 69, "started as rank 0 of 4 by Open MPI's mpirun, but MPI says rank 0 in a world of 1")
            #expect(!run.standardError.contains("\0"))
            expectFailure(
                try place.lockstep(train, environment: ["OMPI_COMM_WORLD_SIZE": "4"]), code: 69, "a world of 1")
            #expect(!place.exists("run"))
        }
    }

    @Test func moreRanksThanCoresIsOneWarning() throws {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        try Workplace.with { place in
            let ranks = cores + 1
            let run = try place.train(run: "run", maxSteps: 1, ranks: ranks, ["--micro-batches", "\(max(8, ranks))"])
            expectSuccess(run)
            #expect(run.standardError.components(separatedBy: "warning: ").count == 2, "\(run.report)")
            #expect(run.standardError.contains("\(ranks) ranks share \(cores) cores"), "\(run.report)")
            // mpirun was given the option, so nobody is told to give it.
            #expect(!run.standardError.contains("--mca mpi_yield_when_idle"), "\(run.report)")
        }
    }

    /// Rank 2's host has a data set that misses a file: all ranks are told before the first collective that would wait for it.
    @Test func oneRankWithoutItsData() throws {
        try Workplace.with { place in
            let broken = place.path("broken")
            try FileManager.default.copyItem(atPath: place.data, toPath: broken)
            try FileManager.default.removeItem(atPath: "\(broken)/data_batch_2.bin")
            let run = try onRankTwo(place, "data=\(broken)", run: "run")
            expectFailure(run, code: 66, "error: rank 2 on ", "\(broken)/data_batch_2.bin: no such file", within: 15)
            #expect(!place.exists("run"))
        }
    }

    /// Rank 2's data set is another one: nothing must be trained on a mixture.
    @Test func oneRankWithOtherData() throws {
        try Workplace.with { place in
            let other = place.path("other")
            try FileManager.default.copyItem(atPath: place.data, toPath: other)
            try place.change("\(other)/data_batch_5.bin") { $0.removeLast(3_073) }
            let run = try onRankTwo(place, "data=\(other)", run: "run")
            expectFailure(run, code: 64, "error: rank 2 on ", "this rank's experiment is not rank 0's", within: 15)
            #expect(!place.exists("run"))
        }
    }

    /// Rank 2's copy of the data set has one other byte: of the same shape, and found all the same.
    @Test func oneRankWithOneOtherByte() throws {
        try Workplace.with { place in
            let other = place.path("other")
            try FileManager.default.copyItem(atPath: place.data, toPath: other)
            try place.change("\(other)/data_batch_3.bin") { $0[$0.startIndex + 5_000] ^= 1 }
            let run = try onRankTwo(place, "data=\(other)", run: "run", ["--max-steps", "3"])
            expectFailure(
                run, code: 64, "error: rank 2 on ", "\(other): this rank's data set holds other bytes than rank 0's", within: 15)
            #expect(!place.exists("run"))
        }
    }

    /// OpenBLAS has other kernels for other CPUs, which add in another order.
    @Test(.enabled(if: OpenBLAS.hasOtherKernels, "needs x86-64, and an OpenBLAS that chooses its kernels as it starts"))
    func oneRankWithAnotherBLAS() throws {
        try Workplace.with { place in
            let (other, short) = ("export OPENBLAS_CORETYPE=Nehalem", ["--max-steps", "3"])
            let run = try onRankTwo(place, other, run: "run", short + ["--reproducible"])
            expectFailure(
                run, code: 64, "error: rank 2 on ", "OpenBLAS computes otherwise here than on rank 0", "found Nehalem, ",
                within: 15)
            #expect(!place.exists("run"))
            // Where results are equal to rounding only, it may.
            expectSuccess(try onRankTwo(place, other, run: "run", short))
        }
    }

    /// SIGKILL leaves no time to say anything: mpirun ends the others, and what each rank did last stands in its recorder.
    @Test func killedRankEndsTheJob() throws {
        try Workplace.with { place in
            let (metrics, killed) = (place.path("run/metrics.csv"), place.path("killed"))
            // The shell gives its own process number to lockstep by exec, and a child of it waits for the third step.
            let killer = "(until grep -qs '^1,3,step' \(metrics); do sleep 0.05; done; date +%s.%N >\(killed); kill -9 $$) &"
            let run = try onRankTwo(place, killer, run: "run")
            let end = Date().timeIntervalSince1970
            #expect(run.exitCode != 0 && !run.timedOut && run.leftovers.isEmpty, "\(run.report)")
            let start = try #require(Double(try String(contentsOfFile: killed, encoding: .utf8).trimmingCharacters(in: .newlines)))
            #expect(end - start < 10, "\(end - start) s from the kill to the end: \(run.report)")
            let inspection = try place.lockstep(["inspect", place.path("run")])
            expectSuccess(inspection)
            for rank in 0..<3 {
                let line = inspection.lines.first { $0.hasPrefix("rank \(rank) on ") } ?? ""
                #expect(
                    line.contains(#/\(pid [0-9]+\): step [0-9,]+, /#) && !line.contains("trained to the end"),
                    "\(inspection.report)")
            }
            #expect(try MetricsRows(metrics).of("step").count >= 3)
        }
    }

    /// Trains at 3 ranks, where rank 2 runs `commands` of the shell first; `$data` is its data set.
    private func onRankTwo(_ place: Workplace, _ commands: String, run: String, _ more: [String] = []) throws -> Subprocess {
        let program = try buildProduct(named: "lockstep")
        let script = try place.write(
            """
            data=\(place.data)
            if [ "$OMPI_COMM_WORLD_RANK" = 2 ]; then
              \(commands)
            fi
            exec \(program) train --model lenet5 --data "$data" --run \(place.path(run)) --epochs 1000 --log-every 1 \(more.joined(separator: " "))
            """, "rank.sh")
        return try mpirun(ranks: 3, "/bin/sh", [script], timeLimit: 60)
    }
}

private enum OpenBLAS {
    /// Whether OPENBLAS_CORETYPE can name an older CPU of the same kind.
    static var hasOtherKernels: Bool {
        #if arch(x86_64)
            BLAS.kernels.contains("DYNAMIC_ARCH")
        #else
            false
        #endif
    }
}
