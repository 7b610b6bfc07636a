import Foundation
import TestSupport
import Testing

/// Reports of runs: the page, its text, and what is said where there is nothing to report.
@Suite(.timeLimit(.minutes(5))) struct ReportTests {
    private static let header = "epoch,step,split,samples,loss,accuracy,learning_rate,seconds,images_per_second"

    /// A log of one line for each epoch and split, by test accuracies.
    private func metrics(_ accuracies: [Double], samples: Int = 10_000, validation: [Double] = []) -> String {
        let rows = accuracies.enumerated().flatMap { index, accuracy in
            let (epoch, step) = (index + 1, (index + 1) * 10)
            var rows = ["\(epoch),\(step),train,600,\(2.0 - accuracy),\(accuracy / 2),0.02,2.000000,300.0"]
            if index < validation.count {
                rows.append("\(epoch),\(step),validation,100,1.5,\(validation[index]),0.02,0.100000,1000.0")
            }
            return rows + ["\(epoch),\(step),test,\(samples),1.25,\(accuracy),0.02,0.500000,400.0"]
        }
        return ([Self.header] + rows).joined(separator: "\n") + "\n"
    }

    /// A run of two steps, whose log is then another.
    private func withRuns(_ logs: [String: String], _ body: (Workplace) throws -> Void) throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "trained", maxSteps: 2))
            for (name, log) in logs {
                try FileManager.default.copyItem(atPath: place.path("trained"), toPath: place.path(name))
                _ = try place.write(log, "\(name)/metrics.csv")
            }
            try body(place)
        }
    }

    @Test func aPageOfATrainedRun() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "run", maxSteps: 20, ranks: 2))
            let run = try place.lockstep(["report", place.path("run")])
            expectSuccess(run)
            #expect(run.lines == ["wrote \(place.path("run"))/report.html"], "\(run.report)")
            let page = try String(contentsOfFile: place.path("run/report.html"), encoding: .utf8)
                .replacing(#/</?span>/#, with: "")
            for text in [
                "<h1>run</h1>", "lenet5 on cifar10 (600 training", "After 2 of 10 epochs test accuracy is 0.",
                "<figcaption>Accuracy by epoch",
                "<figcaption>Loss by epoch", "<figcaption>Loss of single steps", "<figcaption>Learning rate", "finished",
                "experiment.optimiser.weight-decay", "0.001", "(2 ranks)", "mpirun -np 2 lockstep train --max-steps 20",
            ] { #expect(page.contains(text), "no \(text)") }
            #expect(!page.contains("--run"), "a repetition takes a run directory of its own")
            #expect(!page.contains("http://") || page.replacing(#/xmlns="http:[^"]*"/#, with: "").contains("http") == false)
            for row in try MetricsRows(place.path("run/metrics.csv")).of("test") {
                let accuracy = try #require(Double(row.accuracy))
                #expect(page.contains(String(format: "%.4f", accuracy)))
            }
        }
    }

    @Test func aComparisonNamesTheBestAndByHowMuch() throws {
        try withRuns(["a": metrics([0.5, 0.61, 0.6]), "b": metrics([0.4, 0.55])]) { place in
            let run = try place.lockstep(["report", place.path("a"), place.path("b"), "--text"])
            expectSuccess(run)
            try expectPlain(run)
            let text = run.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for sentence in [
                "a has the highest test accuracy of any epoch: 0.6100 after epoch 2, 0.0600 more than b (0.5500 after epoch 2).",
                // 2 √((0.61 × 0.39 + 0.55 × 0.45) ÷ 10,000)
                "Two standard errors of such a difference are 0.0139 by the number of test images alone: the lead is larger.",
                "No images were held out: a best epoch is chosen by the test set itself, which flatters it.",
                "The runs are not equally long: a has 3 epochs and b has 2 epochs.", "None: the runs have the same settings.",
            ] { #expect(text.contains(sentence), "no '\(sentence)': \(run.report)") }
            #expect(run.lines.allSatisfy { $0.count <= 100 || $0.contains("lockstep train") }, "\(run.report)")
        }
    }

    /// Two equal runs: no difference is found, nor is one where chance in the choice of test images would explain it.
    @Test func nothingIsConcludedFromNothing() throws {
        try withRuns(["a": metrics([0.5]), "b": metrics([0.5]), "c": metrics([0.505])]) { place in
            func report(_ names: String...) throws -> String {
                let run = try place.lockstep(["report", "--text"] + names.map(place.path))
                expectSuccess(run)
                return run.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
            let (equal, near) = (try report("a", "b"), try report("a", "c"))
            #expect(equal.contains("a and b have the same highest test accuracy of any epoch, 0.5000; none is better."))
            #expect(near.contains("the lead is not larger, so it shows no difference."))
        }
    }

    @Test func heldOutImagesChooseTheEpoch() throws {
        try withRuns(["a": metrics([0.7, 0.6], validation: [0.5, 0.8]), "b": metrics([0.5, 0.55], validation: [0.6, 0.5])]) {
            place in
            let run = try place.lockstep(["report", "--text", place.path("a"), place.path("b")])
            expectSuccess(run)
            let text = run.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(
                text.contains(
                    "a has the highest test accuracy, of the epoch that the held-out images chose: 0.6000 after epoch 2, 0.1000 more than b "
                        + "(0.5000 after epoch 1)."), "\(run.report)")
        }
    }

    /// What held-out images chose and what the test images did are not compared.
    @Test func theLastEpochJudgesWhereSomeHeldImagesOut() throws {
        let logs = [
            "a": metrics([0.7, 0.6], validation: [0.8, 0.5]), "b": metrics([0.9, 0.5]),
            "c": "\(Self.header)\n1,1,step,64,1,0.5,0.02,1,64\n",
        ]
        try withRuns(logs) { place in
            let run = try place.lockstep(["report", "--text", place.path("a"), place.path("b"), place.path("c")])
            expectSuccess(run)
            let text = run.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for sentence in [
                "a has the highest test accuracy of the last epoch: 0.6000 after epoch 2, 0.1000 more than b (0.5000 after epoch 2).",
                "Images were held out of a alone: all are judged by their last epoch.", "c has no finished epoch.",
            ] { #expect(text.contains(sentence), "no '\(sentence)': \(run.report)") }
            #expect(!text.contains("No images were held out"), "\(run.report)")
        }
    }

    @Test func settingsThatDiffer() throws {
        try Workplace.with { place in
            expectSuccess(try place.train(run: "a", maxSteps: 10))
            expectSuccess(try place.train(run: "b", maxSteps: 10, ["--learning-rate", "0.05", "--exchange", "mpi"]))
            let run = try place.lockstep(["report", "--text", place.path("a"), place.path("b")])
            expectSuccess(run)
            for pattern in [#/experiment\.optimiser\.rate +0\.02 +0\.05/#, #/execution\.exchange +tree +mpi/#] {
                #expect(run.lines.contains { $0.wholeMatch(of: pattern) != nil }, "\(run.report)")
            }
            #expect(!run.standardOutput.contains("experiment.seed"), "\(run.report)")
        }
    }

    @Test func divergenceIsShown() throws {
        try Workplace.with { place in
            let training = try place.train(run: "run", maxSteps: 20, ["--learning-rate", "1e30"])
            #expect(training.exitCode == 76, "\(training.report)")
            let run = try place.lockstep(["report", "--text", place.path("run")])
            expectSuccess(run)
            #expect(run.lines.contains { $0.wholeMatch(of: #/state +diverged/#) != nil }, "\(run.report)")
            #expect(
                run.standardOutput.contains("training has diverged") && run.standardOutput.contains("× 1 point not finite"),
                "\(run.report)")
        }
    }

    /// A gradient norm is drawn where the log has it, and columns may stand in any order.
    @Test func moreColumns() throws {
        let log = "gradient_norm,\(Self.header)\n" + "3.5,1,10,train,600,2,0.1,0.02,2,300\n,1,10,test,200,2,0.1,0.02,1,200\n"
        try withRuns(["a": log]) { place in
            expectSuccess(try place.lockstep(["report", place.path("a"), "--output", place.path("page.html")]))
            let page = try String(contentsOfFile: place.path("page.html"), encoding: .utf8)
            #expect(page.contains("<figcaption>Gradient norm"))
        }
    }

    @Test func aCutLastLineIsLeftOutAndSaid() throws {
        try withRuns(["a": metrics([0.5, 0.6]) + "3,30,train,600,1.1,0.9"]) { place in
            let run = try place.lockstep(["report", "--text", place.path("a")])
            expectSuccess(run)
            let text = run.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(text.contains("the last line of metrics.csv has no end, and was left out"), "\(run.report)")
            #expect(text.contains("After 2 of 10 epochs test accuracy is 0.6000, the best of all epochs."), "\(run.report)")
        }
    }

    @Test func whatCannotBeReported() throws {
        let logs = [
            "empty": "", "bare": "\(Self.header)\n", "foreign": "a,b\n1,2\n",
            "damaged": metrics([0.5]).replacing("test", with: "tset"),
            "binary": "\u{0}\u{1}\n\u{2}\n",
        ]
        try withRuns(logs) { place in
            expectFailure(
                try place.lockstep(["report", place.path("nowhere")]), code: 66, "nowhere is no run directory", "run.json")
            for name in ["empty", "bare"] {
                expectFailure(try place.lockstep(["report", place.path(name)]), code: 66, "\(name) holds no metrics yet")
            }
            try FileManager.default.removeItem(atPath: place.path("bare/metrics.csv"))
            expectFailure(try place.lockstep(["report", place.path("bare")]), code: 66, "bare holds no metrics yet")
            for name in ["foreign", "binary"] {
                expectFailure(
                    try place.lockstep(["report", place.path(name)]), code: 65, "\(name)/metrics.csv is no log of lockstep's",
                    "'epoch'")
            }
            expectFailure(
                try place.lockstep(["report", place.path("damaged")]), code: 65, "damaged/metrics.csv, line 3 is damaged", "tset")
            let trained = place.path("trained")
            expectFailure(
                try place.lockstep(["report", trained, "--output", place.path("no/such/page.html")]), code: 74, "cannot be written",
                "--output")
            expectFailure(try place.lockstep(["report", trained, trained]), code: 64, "given twice")
            expectFailure(try place.lockstep(["report", trained, "--text", "--output", "x"]), code: 64, "--text")
        }
    }
}
