import Reports
import Statistics
import Training

/// The charts of a study over epochs and along its setting.
struct CurveFigures {
    private let table: ResultTable
    private var study: Study { table.study }
    /// More lines than these tell nothing in one chart.
    private static let mostCurves = 10

    init(_ table: ResultTable) { self.table = table }

    var blocks: [Page.Block] {
        var blocks: [Page.Block] = []
        if case .trend(let path) = study.analysis { blocks.append(.figures(study.judged.compactMap { along(path, $0) })) }
        for (title, group) in groups {
            if !title.isEmpty { blocks.append(.heading(title)) }
            blocks += (study.curves ?? [.accuracy]).map { .figures(charts($0, group)) }
        }
        let times = table.points.map { (label: $0.label, spread: $0.spread(.secondsPerEpoch)) }.filter { $0.spread.count > 0 }
        if !times.isEmpty {
            blocks.append(
                .figures([
                    BarChart(
                        "Seconds per epoch", label: "seconds of training steps",
                        bars: times.map { ($0.label, $0.spread.values.median) },
                        caption:
                            "Medians over epochs and seeds. Trials beside each other share the machine's memory; other work slows all of them."
                    )
                ]))
        }
        return blocks
    }

    /// One figure against the setting; what diverged stands as such.
    private func along(_ path: String, _ measure: Measure) -> Chart? {
        let points = table.points.compactMap { result -> Series.Point? in
            guard let value = result.point.settings.first.flatMap({ Double($0.value) }) else { return nil }
            let spread = result.wholeSpread(measure)
            if spread.count == 0 { return result.diverged > 0 || result.misses(measure) ? Series.Point(x: value, y: .nan) : nil }
            return Series.Point(x: value, spread)
        }.sorted { $0.x < $1.x }
        guard points.contains(where: { $0.y.isFinite }) else { return nil }
        let isWide = points[0].x > 0 && points[points.count - 1].x > 8 * points[0].x
        let setting = path.split(separator: ".").last.map(String.init) ?? path
        return Chart(
            Self.capitalised(measure.title),
            x: Axis(setting, scale: isWide ? (setting == "global-batch" ? .log2 : .log10) : .linear),
            y: Axis(measure.title), series: [Series(measure.title, points: points, style: .lineAndMarkers)])
    }

    private func charts(_ curve: Study.Curve, _ group: [PointResult]) -> [Chart] {
        switch curve {
        case .accuracy:
            return [("Training accuracy", .train), ("Test accuracy", .test)].map { curves($0, $1, group, means(of: \.accuracy)) }
        case .loss: return [("Training loss", .train), ("Test loss", .test)].map { curves($0, $1, group, means(of: \.loss)) }
        case .variance:
            let within = curves(
                "Variance of the batches' losses within an epoch", .train, group, means(of: \.lossVariance),
                caption: "Of the mean training losses of the epoch's batches, which fall while it trains.")
            // A first seed alone strays from nothing.
            guard group.contains(where: { $0.outcomes.count { !$0.lines(.test).isEmpty } > 1 }) else { return [within] }
            let overSeeds = curves(
                "Variance of the test loss over seeds", .test, group,
                { lines in
                    let deviation = Spread(lines.map(\.loss)).deviation
                    return Spread(deviation.map { [$0 * $0] } ?? [])
                }, caption: "Of \(study.seedCount) seeds: a rough figure.")
            return [within, overSeeds]
        }
    }

    /// A figure over the seeds.
    private func means(of figure: @escaping (RunMetrics.Line) -> Double?) -> ([RunMetrics.Line]) -> Spread {
        { Spread($0.compactMap(figure)) }
    }

    /// Epoch by epoch.
    /// - Parameter spread: of the lines that the seeds have of one epoch.
    private func curves(
        _ title: String, _ split: RunMetrics.Split, _ group: [PointResult], _ spread: ([RunMetrics.Line]) -> Spread,
        caption: String = ""
    ) -> Chart {
        let series = group.map { result in
            let lines = result.outcomes.filter { !$0.hasFailed }.map { $0.lines(split) }
            let epochs = Set(lines.flatMap { $0.map(\.epoch) }).sorted()
            var points = epochs.compactMap { epoch -> Series.Point? in
                let spread = spread(lines.compactMap { $0.last { $0.epoch == epoch } })
                return spread.count > 0 ? Series.Point(x: Double(epoch), spread) : nil
            }
            // The curve ends in what ended it.
            if result.diverged == result.outcomes.count { points.append(Series.Point(x: Double((epochs.last ?? 0) + 1), y: .nan)) }
            return Series(Self.short(result.point), points: points)
        }
        return Chart(title, x: Axis("epoch"), y: Self.axis(title, series), series: series, caption: caption)
    }

    /// Of accuracies it ends at 1; small differences near there are not to be pressed together by a beginning at 0.
    private static func axis(_ title: String, _ series: [Series]) -> Axis {
        let values = series.flatMap { $0.points.flatMap { [$0.y, $0.low, $0.high].compactMap(\.self) } }.filter(\.isFinite)
        guard let least = values.min(), let most = values.max() else { return Axis(title.lowercased()) }
        let isAccuracy = title.hasSuffix("accuracy")
        return Axis(
            title.lowercased(), from: least < most / 2 ? 0 : nil, to: isAccuracy && most > 0.9 && least < 1 ? 1 : nil)
    }

    /// Those that are judged by one baseline; else all points together, or those of each setting with the baseline.
    private var groups: [(title: String, points: [PointResult])] {
        let points = table.points
        if case .baseline(let path?) = study.analysis {
            var values: [String] = []
            for point in points { if let value = point.point.value(of: path), !values.contains(value) { values.append(value) } }
            return values.map { value in (value, points.filter { $0.point.value(of: path) == value }) }
        }
        guard points.count > Self.mostCurves, let baseline = points.first else { return [("", points)] }
        var names: [String] = []
        var groups: [String: [PointResult]] = [:]
        for point in points.dropFirst() {
            let name = point.point.settings.map { $0.path.split(separator: ".").last.map(String.init) ?? "" }.joined(
                separator: ", ")
            if groups[name] == nil { names.append(name) }
            groups[name, default: []].append(point)
        }
        return names.flatMap { name -> [(title: String, points: [PointResult])] in
            let own = groups[name] ?? []
            return stride(from: 0, to: own.count, by: Self.mostCurves - 1).map { first in
                (name, [baseline] + own[first..<min(first + Self.mostCurves - 1, own.count)])
            }
        }
    }

    /// Values alone name a curve.
    private static func short(_ point: StudyPoint) -> String {
        point.settings.isEmpty ? point.label : point.settings.map(\.value).joined(separator: ", ")
    }

    private static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}

extension Series.Point {
    /// A mean, with a band from the smallest to the largest value where there are several.
    fileprivate init(x: Double, _ spread: Spread) {
        let hasBand = spread.count > 1
        self.init(x: x, y: spread.mean, low: hasBand ? spread.values.min() : nil, high: hasBand ? spread.values.max() : nil)
    }
}
