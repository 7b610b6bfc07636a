import Reports

/// What follows from a record's figures, as sentences; nothing that does not.
public struct ScalingConclusions: Sendable {
    /// The largest point's speed-up, its cause, what is not to be trusted, and how good the predictions were.
    public let sentences: [String]
    /// The causes of smaller points.
    public let further: [String]

    public init(_ record: ScalingRecord, _ mode: ScalingMode) {
        let figures = record.figures(mode)
        let name = mode == .strong ? "Strong scaling" : "Weak scaling"
        var sentences: [String] = []
        if let largest = figures.last, largest.ranks > 1 { sentences.append("\(name): \(Self.told(largest))") }
        let causes = record.causes(mode).map { "\(name), \($0.sentence)" }
        sentences += causes.suffix(1)
        let wide = figures.filter(\.isTooWide)
        if !wide.isEmpty {
            let names = wide.map { "\($0.name) (\($0.spread.map(percent) ?? "–"))" }.joined(separator: ", ")
            sentences.append(
                "\(name): not to be trusted, for the 95 % intervals of their rates are wider than \(percent(PointFigures.widestSpread)): the points of "
                    + "\(names) ranks.")
        }
        if let told = Self.told(record.predictionErrors(mode)) { sentences.append("\(name): \(told)") }
        self.sentences = sentences
        further = causes.dropLast()
    }

    private static func told(_ point: PointFigures) -> String {
        guard let speedUp = point.speedUp, let efficiency = point.efficiency else {
            return "\(point.ranks) ranks share no turn with a single one, so there is no speed-up."
        }
        let interval = efficiency.interval == "–" ? "one turn, no interval" : "95 % interval \(efficiency.interval)"
        let copies = point.againstCopies.map {
            "; beside \(point.ranks) independent copies, which is what the machine allows, \(percent($0.median))"
        }
        return "\(point.ranks) ranks are \(fixed(speedUp.median, decimals: 2)) times as fast as one, an efficiency of "
            + "\(percent(efficiency.median)) (\(interval))\(copies ?? "")."
    }

    private static func told(_ errors: [PredictionError]) -> String? {
        guard let worst = errors.max(by: { abs($0.relativeError) < abs($1.relativeError) }) else { return nil }
        let before = errors.filter(\.wasMadeBefore).count
        return "predictions are off by \(percent(abs(worst.relativeError))) at most, at \(worst.prediction.ranks) ranks; "
            + "\(before) of \(errors.count) were written before their points were measured."
    }
}
