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
            blocks.append(.figures([curves("Training accuracy", .train, group), curves("Test accuracy", .test, group)]))
        }
        let times = table.points.map { (label: $0.label, spread: $0.spread(.secondsPerEpoch)) }.filter { $0.spread.count > 0 }
        if !times.isEmpty {
            blocks.append(
                .figures([
                    BarChart(
                        "Seconds per epoch", label: "seconds of training steps", bars: times.map { ($0.label, $0.spread.mean) },
                        caption: "Trials beside each other share the machine's memory; other work slows all of them.")
                ]))
        }
        return blocks
    }

    /// One figure against the setting; what diverged stands as such.
    private func along(_ path: String, _ measure: Measure) -> Chart? {
        let points = table.points.compactMap { result -> Series.Point? in
            guard let value = result.point.settings.first.flatMap({ Double($0.value) }) else { return nil }
            let spread = result.spread(measure)
            if spread.count == 0 { return result.diverged > 0 ? Series.Point(x: value, y: .nan) : nil }
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

    /// Means over seeds, epoch by epoch.
    private func curves(_ title: String, _ split: RunMetrics.Split, _ group: [PointResult]) -> Chart {
        let series = group.map { result in
            let lines = result.outcomes.map { $0.lines(split) }
            let epochs = Set(lines.flatMap { $0.map(\.epoch) }).sorted()
            var points = epochs.map { epoch -> Series.Point in
                let spread = Spread(lines.compactMap { $0.last { $0.epoch == epoch }?.accuracy })
                return Series.Point(x: Double(epoch), spread)
            }
            // The curve ends in what ended it.
            if result.diverged == result.outcomes.count { points.append(Series.Point(x: Double((epochs.last ?? 0) + 1), y: .nan)) }
            return Series(Self.short(result.point), points: points)
        }
        return Chart(title, x: Axis("epoch"), y: Axis(title.lowercased(), from: 0, to: nil), series: series)
    }

    /// All points together, or those of each setting with the baseline.
    private var groups: [(title: String, points: [PointResult])] {
        let points = table.points
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
