import Foundation
import TestSupport
import Testing

/// Studies run for real, as their users run them.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StudyRunTests {
    /// Two workers give what one gives, each trial once; a trial that diverges is a result, one that cannot run is shown.
    @Test func twoWorkersGiveWhatOneGives() throws {
        try StudyPlace.with { place in
            // Of 300 micro-batches in a batch of 64 there can be no run: the trial itself fails, the study goes on.
            let vary = ["optimiser.rate=0.01,1e9", "micro-batches=4,300"]
            for (name, workers) in [("one", "1"), ("two", "2")] {
                let run = try place.lockstep(place.study(name, vary: vary, ["--workers", workers]))
                #expect(run.exitCode == 0 && run.leftovers.isEmpty, "\(run.report)")
                #expect(run.standardOutput.contains("failed with exit code 64"), "\(run.report)")
                #expect(run.standardOutput.contains("300 micro-batches for a global batch of 64"), "\(run.report)")
                #expect(run.standardOutput.contains("rate 1e9, micro-batches 4, seed 1: diverged"), "\(run.report)")
                #expect(run.standardOutput.contains("2 of 4 trials failed, and are in no figure"), "\(run.report)")
            }
            let page = try String(contentsOfFile: "\(place.directory)/two/study.html", encoding: .utf8)
            #expect(page.contains("Training diverges at rate 1e9"))
            // Words of a command that stay together on a line have marks around them.
            let words = page.replacing(#/</?span>/#, with: "")
            #expect(words.contains("lockstep study lenet5-cifar10") && !words.contains("--directory \(place.directory)"))
            #expect(words.contains("It wants a fresh directory, by --directory"))
            let results = try place.results("one")
            #expect(try results == place.results("two"))
            #expect(results.count == 5 && results[1].contains(",done,2,8,") && results[3].contains(",diverged,"), "\(results)")
            #expect(try place.names(in: "two/claims").filter { !$0.hasPrefix(".") } == (1...4).map { "trial-00\($0).1" })
        }
    }

    /// Killed at random times, five times, and started again: the same table, and no rank is left.
    @Test func killedFiveTimes() throws {
        try StudyPlace.with { place in
            let vary = ["optimiser.rate=0.02,0.01", "global-batch=16,32"]
            let seeds = ["--seeds", "2", "--workers", "2", "--set", "model=lenet5-deep"]
            let whole = try place.lockstep(place.study("whole", vary: vary, seeds))
            #expect(whole.exitCode == 0, "\(whole.report)")
            var random = Noise(seed: 17)
            for round in 0..<5 {
                let process = try place.start(place.study("killed", vary: vary, seeds))
                Thread.sleep(forTimeInterval: 0.6 + 0.3 * abs(random.normal()))
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                #expect(round > 0 || !FileManager.default.fileExists(atPath: "\(place.directory)/killed/study.csv"))
            }
            let last = try place.lockstep(place.study("killed", vary: vary, seeds))
            #expect(last.exitCode == 0 && last.leftovers.isEmpty, "\(last.report)")
            #expect(try place.results("killed") == place.results("whole"))
            #expect(try !place.names(in: "killed/claims").filter { $0.hasSuffix(".2") }.isEmpty, "nothing was taken over")
            // What is done is done: the same command tells the results at once.
            let again = try place.lockstep(place.study("killed", vary: vary, seeds))
            #expect(again.standardOutput.contains("8 of 8 trials had ended already"), "\(again.report)")
        }
    }

    /// Two settings that differ in nothing but the seed.
    @Test func theNullStudyFindsNothing() throws {
        try StudyPlace.with { place in
            let run = try place.lockstep(place.study("null", vary: ["seed=1,101"], ["--seeds", "3", "--workers", "2"]))
            #expect(run.exitCode == 0, "\(run.report)")
            #expect(run.standardOutput.contains("test accuracy: no difference found over seed 1 to 101"), "\(run.report)")
            #expect(!run.standardOutput.contains("rises") && !run.standardOutput.contains("falls"), "\(run.report)")
        }
    }

    @Test func dryRunRunsNothing() throws {
        try StudyPlace.with { place in
            let run = try place.lockstep(place.study("dry", vary: ["global-batch=16,32"], ["--dry-run", "--seeds", "2"]))
            #expect(run.exitCode == 0, "\(run.report)")
            #expect(
                run.lines.count { $0.hasPrefix("trial-") } == 4 && run.lines.last?.hasPrefix("4 trials, about ") == true,
                "\(run.report)")
            #expect(!FileManager.default.fileExists(atPath: "\(place.directory)/dry"))
        }
    }

    /// A trial ends at the first evaluation below its goal, within an epoch too.
    @Test func stepsToTarget() throws {
        try StudyPlace.with { place in
            let arguments = [
                "study", "steps-to-target", "--data", place.data, "--directory", "\(place.directory)/steps", "--preset", "mlp",
                "--goal", "0.8",
                "--trials", "2", "--batches", "16,64", "--optimisers", "sgd,nesterov", "--workers", "2",
            ]
            let run = try place.lockstep(arguments)
            #expect(run.exitCode == 0, "\(run.report)")
            let rows = try place.results("steps")
            #expect(rows.count == 9 && rows[0].hasSuffix(",best_validation_error,steps_to_goal"), "\(rows)")
            let reached = rows.dropFirst().compactMap { row -> (steps: Int, goal: Double, error: Double)? in
                let columns = row.split(separator: ",", omittingEmptySubsequences: false)
                guard let goal = Double(columns[columns.count - 1]), let error = Double(columns[columns.count - 2]) else {
                    return nil
                }
                return columns.firstIndex(of: "done").flatMap { Int(columns[$0 + 2]) }.map { ($0, goal, error) }
            }
            #expect(!reached.isEmpty, "\(rows)")
            // It took no step more.
            for trial in reached { #expect(Double(trial.steps) == trial.goal && trial.error < 0.8, "\(rows)") }
        }
    }

    @Test func whatCannotBeStudied() throws {
        try StudyPlace.with { place in
            func refused(_ arguments: [String], code: Int32, _ words: String) throws {
                let run = try place.lockstep(arguments)
                #expect(run.exitCode == code && run.standardError.contains(words), "\(run.report)")
            }
            try refused(["study", "batch-sise", "--data", place.data], code: 66, "did you mean 'batch-size'?")
            try refused(place.study("a", vary: ["optimiser.rte=1"]), code: 64, "did you mean 'rate'?")
            try refused(["study", "depth", "--data", place.data, "--goal", "0.1"], code: 64, "--goal is for steps-to-target")
            try refused(["study", "depth", "--data", "\(place.directory)/none"], code: 66, "none")
            try refused(place.study("b", vary: ["seed=1"], ["--workers", "0"]), code: 64, "--workers: found 0")
            let first = try place.lockstep(place.study("c", vary: ["seed=1"]))
            #expect(first.exitCode == 0, "\(first.report)")
            try refused(place.study("c", vary: ["seed=2"]), code: 64, "holds another study")
        }
    }
}
