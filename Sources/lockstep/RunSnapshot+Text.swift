import Diagnostics
import Foundation
import Recorder
import Training

extension RunSnapshot {
    /// `lenet5 on cifar10 (…), 2 ranks, started 2026-11-27T02:44:15Z`
    var heading: String {
        let ranks = record.circumstances.ranks
        return "\(record.experiment.model.name) on \(record.experiment.data?.description ?? "unknown data"), \(ranks) rank"
            + "\(ranks == 1 ? "" : "s"), started \(record.circumstances.started)"
    }

    /// `epoch 3/8  step 2,050/6,256 (33 %)  loss 1.2031 accuracy 0.5719  3,486 images/s  1 min 45 s left`
    func progress(_ speed: WatchedSpeed) -> String {
        var parts: [String] = []
        if let stepsPerEpoch {
            let epochs = record.experiment.epochs
            parts.append("epoch \(min(step / max(stepsPerEpoch, 1) + 1, epochs))/\(epochs)")
        }
        if let totalSteps, totalSteps > 0 {
            parts.append("step \(step.grouped)/\(totalSteps.grouped) (\(100 * min(step, totalSteps) / totalSteps) %)")
        } else {
            parts.append("step \(step.grouped)")
        }
        if let line = metrics?.of(.step).last { parts.append(lossAndAccuracy(line.loss, line.accuracy)) }
        if let stepsPerSecond = speed.stepsPerSecond(self), !hasEnded {
            parts.append("\(Int((stepsPerSecond * Double(record.experiment.globalBatch)).rounded()).grouped) images/s")
            if let totalSteps { parts.append("\(duration(Double(max(0, totalSteps - step)) / stepsPerSecond)) left") }
        }
        return parts.joined(separator: "  ")
    }

    /// A bar of so many columns, as full as the run is far.
    func bar(columns: Int) -> String? {
        guard let totalSteps, totalSteps > 0, columns > 0 else { return nil }
        let filled = min(columns, step * columns / totalSteps)
        return String(repeating: "█", count: filled) + String(repeating: "░", count: columns - filled)
    }

    /// Lines of finished epochs after the given one.
    func epochs(after epoch: Int) -> [(epoch: Int, text: String)] {
        guard let metrics else { return [] }
        return metrics.of(.test).filter { $0.epoch > epoch }.map { test in
            func part(_ name: String, _ split: RunMetrics.Split) -> String? {
                metrics.of(split).last { $0.epoch == test.epoch }.map { "\(name) \(lossAndAccuracy($0.loss, $0.accuracy))" }
            }
            let parts = [part("train", .train), part("validation", .validation), part("test", .test)].compactMap { $0 }
            return (test.epoch, (["epoch \(test.epoch)/\(record.experiment.epochs)"] + parts).joined(separator: "  "))
        }
    }

    /// What each rank does, a line each.
    var rankLines: [String] {
        ranks.map { rank in
            switch rank.life {
            case .gone: "\(rank) – its process is no more"
            case .elsewhere, .unheard: "\(rank) – on another host: as its record was last written back"
            case .stopped: "\(rank) – its process is stopped"
            case .alive, .ended: "\(rank)"
            }
        }
    }

    /// How the run ended; nil while it goes on.
    var ending: String? {
        switch state {
        case .running, .elsewhere, .unknown: nil
        case .stopped: "stopped as asked after step \(step.grouped); go on by --resume"
        case .finished: "finished: trained to the end, step \(step.grouped)"
        case .diverged(let reason), .failed(let reason): "ended by a fault after step \(step.grouped): \(reason)"
        case .killed(let ranks):
            "killed after step \(step.grouped): rank\(ranks.count == 1 ? "" : "s") \(ranks.map(String.init).joined(separator: ", ")) left "
                + "no word; 'lockstep train --resume --run \(run.path)' goes on from the newest checkpoint"
        }
    }
}
