import Diagnostics
import Foundation
import Reports
import Training

/// What follows from the figures of runs, as sentences; nothing that does not.
enum RunConclusion {
    static func sentences(_ runs: [ReportedRun]) -> String { runs.count == 1 ? ofOne(runs[0]) : comparing(runs) }

    private static func ofOne(_ run: ReportedRun) -> String {
        let asked = run.record.experiment.epochs
        guard let last = run.metrics.of(.test).last, let best = run.best(.test) else {
            return "No epoch is over: there are the losses of single steps alone."
        }
        var text = "After \(last.epoch) of \(asked) epoch\(asked == 1 ? "" : "s") test accuracy is \(number(last.accuracy))"
        if let chosen = run.best(.validation), let judged = run.judged {
            text += "; in epoch \(judged.epoch), which has the best validation accuracy (\(number(chosen.accuracy))), it was "
            return text + "\(number(judged.accuracy))."
        }
        text +=
            best.epoch == last.epoch
            ? ", the best of all epochs." : "; the best was \(number(best.accuracy)) after epoch \(best.epoch)."
        return "\(text) \(flattery)"
    }

    private static func comparing(_ runs: [ReportedRun]) -> String {
        let finished = runs.filter { $0.last(.test) != nil }
        let validated = finished.filter(\.hasHeldOutImages)
        // A maximum that the test images chose and an epoch that others did are not compared.
        let isMixed = !validated.isEmpty && validated.count < finished.count
        let judged = finished.compactMap { run in (isMixed ? run.last(.test) : run.judged).map { (run: run, figure: $0) } }
        guard judged.count >= 2 else {
            return judged.first.map { "Only \($0.run.name) has a finished epoch: there is nothing to compare it with." }
                ?? "No run has a finished epoch: there is nothing to compare."
        }
        guard Set(judged.map { $0.run.record.experiment.data?.description ?? "" }).count == 1 else {
            return "The runs are of different data, so that none of their accuracies says anything of the others."
        }
        let ranked = judged.sorted { $0.figure.accuracy > $1.figure.accuracy }
        let (first, second) = (ranked[0], ranked[1])
        let measure =
            isMixed
            ? "test accuracy of the last epoch"
            : validated.isEmpty ? "test accuracy of any epoch" : "test accuracy, of the epoch that the held-out images chose"
        var sentences: [String] = []
        if first.figure.accuracy == second.figure.accuracy {
            let equal = ranked.filter { $0.figure.accuracy == first.figure.accuracy }.map(\.run.name)
            sentences.append("\(list(equal)) have the same highest \(measure), \(number(first.figure.accuracy)); none is better.")
        } else {
            let lead = first.figure.accuracy - second.figure.accuracy
            sentences.append(
                "\(first.run.name) has the highest \(measure): \(number(first.figure.accuracy)) after epoch \(first.figure.epoch), "
                    + "\(number(lead)) more than \(second.run.name) (\(number(second.figure.accuracy)) after epoch \(second.figure.epoch))."
            )
            let noise = 2 * standardError(first.figure, second.figure)
            sentences.append(
                "Two standard errors of such a difference are \(number(noise)) by the number of test images alone: the lead is "
                    + (lead > noise ? "larger" : "not larger, so it shows no difference") + ".")
        }
        if isMixed {
            sentences.append("Images were held out of \(list(validated.map(\.name))) alone: all are judged by their last epoch.")
        } else if validated.isEmpty {
            sentences.append(flattery)
        }
        sentences.append("Each is one run: what other seeds would change is not in these numbers.")
        let epochs = judged.map(\.run.epochs)
        if Set(epochs).count > 1 {
            sentences.append("The runs are not equally long: \(list(judged.map { "\($0.run.name) has \($0.run.epochs) epochs" })).")
        }
        let without = runs.filter { run in !judged.contains { $0.run.name == run.name } }.map(\.name)
        if !without.isEmpty { sentences.append("\(list(without)) \(without.count == 1 ? "has" : "have") no finished epoch.") }
        return sentences.joined(separator: " ")
    }

    /// What a maximum over epochs is worth that the test images themselves have chosen.
    private static let flattery = "No images were held out: a best epoch is chosen by the test set itself, which flatters it."

    /// Of the difference of two shares that were counted on independent samples: √(p(1−p)/n + q(1−q)/m). Runs that are tested on the same
    /// images differ by less, so that this errs to the careful side.
    private static func standardError(_ a: ReportedRun.Figure, _ b: ReportedRun.Figure) -> Double {
        func variance(_ figure: ReportedRun.Figure) -> Double {
            figure.accuracy * (1 - figure.accuracy) / Double(max(figure.samples, 1))
        }
        return (variance(a) + variance(b)).squareRoot()
    }

    private static func number(_ accuracy: Double) -> String { fixed(accuracy, decimals: 4) }
}
