import Reports

/// A record's figures as charts.
struct ScalingFigures {
    let record: ScalingRecord
    let mode: ScalingMode

    private var measured: [PointFigures] { record.figures(mode) }
    /// One for each rank count; of single-rank ones the baseline, which stands first.
    private var curve: [PointFigures] {
        measured.reduce(into: []) { curve, point in if curve.last?.ranks != point.ranks { curve.append(point) } }
    }
    private var predicted: [Prediction] { record.predictions.filter { $0.mode == mode }.sorted { $0.ranks < $1.ranks } }
    private var largest: Int { curve.map(\.ranks).max() ?? 1 }
    private var aloneRate: Double? { record.baseline(mode)?.rates.median }

    /// Speed-up and efficiency of what was measured, and how the step's time divides.
    var whatWasMeasured: [any Figure] { [speedUp, efficiency, parts] }

    /// Efficiency of all ranks that were predicted, with the measured points; nil where nothing was.
    var prediction: (any Figure)? {
        guard let alone = aloneRate, !predicted.isEmpty else { return nil }
        let line = predicted.map { point(ranks: $0.ranks, 100 * $0.imagesPerSecond / alone / Double($0.ranks)) }
        return Chart(
            "Efficiency, as predicted", x: Axis("ranks", scale: .log2), y: Axis("efficiency, %", from: 0),
            series: [
                Series("predicted", points: line, style: .lineAndMarkers, dashed: true, tone: .slot(1)),
                Series("measured", points: efficiencies, style: .markers, tone: .slot(0)),
            ], references: [.init(y: 100, label: "perfect")], caption: predictionCaption)
    }

    private var speedUp: Chart {
        var series = [
            Series("perfect", points: curve.map { point(ranks: $0.ranks, Double($0.ranks)) }, dashed: true, tone: .muted),
            Series(
                "measured",
                points: curve.compactMap { figures in
                    figures.speedUp.map { ratio in
                        point(ranks: figures.ranks, ratio.median, low: finite(ratio.low), high: finite(ratio.high))
                    }
                }, style: .lineAndMarkers, tone: .slot(0)),
        ]
        if let alone = aloneRate {
            let points = nearPredictions.map { point(ranks: $0.ranks, $0.imagesPerSecond / alone) }
            if !points.isEmpty { series.append(Series("predicted", points: points, style: .markers, tone: .slot(1))) }
            let copies = copyRates.map { point(ranks: $0.count, $0.rate / alone) }
            if !copies.isEmpty {
                series.append(Series("independent copies", points: copies, style: .lineAndMarkers, tone: .slot(2)))
            }
        }
        return Chart(
            "Speed-up", x: Axis("ranks", scale: .log2), y: Axis("times one rank's images/s", scale: .log2), series: series,
            caption: "Medians over the turns; the band is the 95 % interval of the turns' ratios.")
    }

    private var efficiency: Chart {
        var series = [Series("of the ranks", points: efficiencies, style: .lineAndMarkers, tone: .slot(0))]
        let against = curve.compactMap { figures in
            figures.againstCopies.map { ratio in
                point(
                    ranks: figures.ranks, 100 * ratio.median, low: finite(100 * ratio.low), high: finite(100 * ratio.high))
            }
        }
        if !against.isEmpty { series.append(Series("beside copies", points: against, style: .lineAndMarkers, tone: .slot(2))) }
        if let alone = aloneRate {
            let points = nearPredictions.map { point(ranks: $0.ranks, 100 * $0.imagesPerSecond / alone / Double($0.ranks)) }
            if !points.isEmpty { series.append(Series("predicted", points: points, style: .markers, tone: .slot(1))) }
        }
        return Chart(
            "Efficiency", x: Axis("ranks", scale: .log2), y: Axis("efficiency, %", from: 0), series: series,
            references: [.init(y: 100, label: "perfect")],
            caption:
                "Speed-up ÷ ranks; beside copies: images/s ÷ those of as many single-rank runs at once, which share cores and memory but "
                + "send nothing.")
    }

    private var parts: BarChart {
        let points = measured
        let shown = ScalingTables(record).shownParts(mode)
        return BarChart(
            "Where a step's time goes", label: "milliseconds of a step",
            categories: points.map { "\($0.name) \($0.ranks == 1 ? "rank" : "ranks")" },
            parts: shown.map { part in BarChart.Part(part.name, values: points.map { $0.parts[part] * 1e3 }) },
            endLabels: points.map { fixed($0.parts.sum * 1e3, decimals: 2) },
            caption: "Means over steps, ranks and turns, each part by a clock of its own.")
    }

    private var efficiencies: [Series.Point] {
        curve.compactMap { figures in
            figures.efficiency.map { ratio in
                point(ranks: figures.ranks, 100 * ratio.median, low: finite(100 * ratio.low), high: finite(100 * ratio.high))
            }
        }
    }

    /// Those of rank counts up to the largest that was measured.
    private var nearPredictions: [Prediction] { predicted.filter { $0.ranks <= largest } }

    private var copyRates: [(count: Int, rate: Double)] {
        record.copies.filter { $0.mode == mode }.sorted { $0.count < $1.count }.compactMap { copies in
            let rates = copies.rates.compactMap { $0 }
            return rates.isEmpty ? nil : (copies.count, rates.median)
        }
    }

    private var predictionCaption: String {
        guard let network = record.network else { return "" }
        let link = network.link
        return "Over a link of \(brief(link.latency * 1e6, digits: 3)) µs and \(brief(link.bandwidth * 8e-9, digits: 3)) Gbit/s, "
            + "\(brief(link.perMessage * 1e6, digits: 3)) µs a message (\(network.source)); all ranks as slow as the slowest, all links alike."
    }

    private func point(ranks: Int, _ y: Double, low: Double? = nil, high: Double? = nil) -> Series.Point {
        Series.Point(x: Double(ranks), y: y, low: low, high: high)
    }

    /// An interval of one turn has no ends.
    private func finite(_ value: Double) -> Double? { value.isFinite && value > 0 ? value : nil }
}
