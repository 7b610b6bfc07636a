import Foundation
import Reports
import Training

/// The curves of a run, or of several over each other.
enum RunFigures {
    static func figures(_ runs: [ReportedRun]) -> [any Figure] {
        let curves = runs.count == 1 ? ofOne(runs[0]) : comparing(runs)
        return (curves + ofSteps(runs)).filter { $0.series.contains { !$0.points.isEmpty } }
    }

    /// Training and test in one picture.
    private static func ofOne(_ run: ReportedRun) -> [Chart] {
        let splits: [(RunMetrics.Split, String)] = [(.train, "training"), (.validation, "validation"), (.test, "test")]
        func chart(_ title: String, _ label: String, _ value: KeyPath<RunMetrics.Line, Double>) -> Chart {
            Chart(
                title, x: Axis("epoch"), y: Axis(label),
                series: splits.map { split, name in
                    Series(name, points: points(run, split, x: \.epoch, y: value), dashed: split == .train)
                }
                .filter { !$0.points.isEmpty })
        }
        return [
            chart("Accuracy by epoch", "accuracy", \.accuracy), chart("Loss by epoch", "mean loss", \.loss),
        ]
    }

    /// A picture for each figure, with a line for each run.
    private static func comparing(_ runs: [ReportedRun]) -> [Chart] {
        let splits: [(RunMetrics.Split, String)] = [(.test, "Test"), (.train, "Training"), (.validation, "Validation")]
        return splits.flatMap { split, name in
            [
                chart(runs, "\(name) accuracy by epoch", Axis("epoch"), Axis("accuracy"), split, x: \.epoch, y: \.accuracy),
                chart(runs, "\(name) loss by epoch", Axis("epoch"), Axis("mean loss"), split, x: \.epoch, y: \.loss),
            ]
        }
    }

    private static func ofSteps(_ runs: [ReportedRun]) -> [Chart] {
        let rates = runs.flatMap { $0.metrics.lines.map(\.learningRate) }
        // A rate that falls by factors shows them on a logarithmic axis alone.
        let widely = (rates.min() ?? 0) > 0 && (rates.max() ?? 0) > 20 * (rates.min() ?? 0)
        // Runs that log no single steps have the rates at the ends of their epochs.
        let split: RunMetrics.Split = runs.allSatisfy { !$0.metrics.of(.step).isEmpty } ? .step : .train
        var charts = [
            losses(runs),
            chart(
                runs, "Learning rate", Axis("step"), widely ? Axis("learning rate", scale: .log10) : Axis("learning rate", from: 0),
                split, x: \.step,
                y: \.learningRate),
        ]
        let norms = runs.map { run in
            Series(
                runs.count == 1 ? "" : run.name,
                points: run.metrics.lines.compactMap { line in line.gradientNorm.map { .init(x: Double(line.step), y: $0) } })
        }
        charts.append(Chart("Gradient norm", x: Axis("step"), y: Axis("norm of the gradient"), series: norms))
        charts.append(
            chart(
                runs, "Training speed by epoch", Axis("epoch"), Axis("images per second", from: 0), .train, x: \.epoch,
                y: \.imagesPerSecond))
        return charts
    }

    private static func losses(_ runs: [ReportedRun]) -> Chart {
        var chart = chart(runs, "Loss of single steps", Axis("step"), Axis("loss of the step's batch"), .step, x: \.step, y: \.loss)
        let losses = chart.series.flatMap { $0.points.map(\.y) }.filter(\.isFinite)
        if let least = losses.min(), let most = losses.max(), least > 0, most > 100 * least { chart.y.scale = .log10 }
        // The step that diverged stands in no log, for no rank has taken it.
        for (index, run) in runs.enumerated() {
            if case .diverged = run.state { chart.series[index].points.append(.init(x: Double(run.step + 1), y: .nan)) }
        }
        return chart
    }

    private static func chart(
        _ runs: [ReportedRun], _ title: String, _ x: Axis, _ y: Axis, _ split: RunMetrics.Split,
        x place: KeyPath<RunMetrics.Line, Int>, y value: KeyPath<RunMetrics.Line, Double>
    ) -> Chart {
        // A run has the same colour in every picture, whether it has points there or not.
        let series = runs.enumerated().map { index, run in
            Series(runs.count == 1 ? "" : run.name, points: points(run, split, x: place, y: value), tone: .slot(index))
        }
        return Chart(title, x: x, y: y, series: series)
    }

    private static func points(
        _ run: ReportedRun, _ split: RunMetrics.Split, x: KeyPath<RunMetrics.Line, Int>, y: KeyPath<RunMetrics.Line, Double>
    ) -> [Series.Point] {
        run.metrics.of(split).map { Series.Point(x: Double($0[keyPath: x]), y: $0[keyPath: y]) }
    }
}
