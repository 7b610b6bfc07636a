import Diagnostics
import Foundation
import Reports
import Training

/// Settings of runs by the paths of a recipe, `experiment.optimiser.rate`, and those in which runs differ.
enum RunSettings {
    /// A setting's value in each run; nil where a run does not have it.
    struct Row: Equatable {
        let path: String
        let values: [String?]
    }

    /// All settings of a run, the experiment's first, but for its layers, whose list is long, and for what stands elsewhere in a report.
    static func all(_ run: ReportedRun) throws -> [Row] {
        let elsewhere = [layers, "experiment.data.", "experiment.model.input", "experiment.model.classes", "ranks"]
        let rows = try settings(run).filter { setting in !elsewhere.contains { setting.key.hasPrefix($0) } }
            .sorted { $0.key < $1.key }.map { Row(path: $0.key, values: [$0.value]) }
        return rows.filter { $0.path.hasPrefix("experiment.") } + rows.filter { !$0.path.hasPrefix("experiment.") }
    }

    static func differences(_ runs: [ReportedRun]) throws -> [Row] {
        let settings = try runs.map(settings)
        let rows = Set(settings.flatMap(\.keys)).sorted().map { path in Row(path: path, values: settings.map { $0[path] }) }
            .filter { Set($0.values).count > 1 }
        // Networks that differ as a whole differ in every line of theirs, which says less than that they do.
        let ofLayers = rows.filter { $0.path.hasPrefix(layers) }
        guard ofLayers.count > 8 else { return rows }
        let summary = Row(
            path: String(layers.dropLast()), values: settings.map { "\($0.keys.count { $0.hasPrefix(layers) }) settings; others" })
        return rows.filter { !$0.path.hasPrefix(layers) } + [summary]
    }

    static func table(_ rows: [Row], runs: [ReportedRun]) -> Table {
        Table(
            columns: [.init("setting")] + runs.map { .init(runs.count == 1 ? "value" : $0.name) },
            rows: rows.map { row in [Table.Cell(row.path)] + row.values.map { Table.Cell($0 ?? "–") } })
    }

    private static let layers = "experiment.model.layers."

    private static func settings(_ run: ReportedRun) throws -> [String: String] {
        let recipe = Recipe(experiment: run.record.experiment, execution: run.record.execution)
        let text = try JSONEncoder().encode(recipe)
        var settings: [String: String] = ["ranks": "\(run.record.circumstances.ranks)"]
        try JSONDecoder().decode(Value.self, from: text).spread("", into: &settings)
        for path in ["execution.run", "execution.data"] { settings[path] = nil }
        return settings
    }

    /// Any JSON.
    private enum Value: Decodable {
        case scalar(String)
        case list([Value])
        case mapping([String: Value])

        init(from decoder: any Decoder) throws {
            if let mapping = try? [String: Value](from: decoder) {
                self = .mapping(mapping)
            } else if let list = try? [Value](from: decoder) {
                self = .list(list)
            } else {
                let container = try decoder.singleValueContainer()
                if container.decodeNil() {
                    self = .scalar("none")
                } else if let truth = try? container.decode(Bool.self) {
                    self = .scalar(truth ? "true" : "false")
                } else if let whole = try? container.decode(Int.self) {
                    self = .scalar(whole.grouped)
                } else if let number = try? container.decode(Double.self) {
                    self = .scalar("\(number)")
                } else {
                    self = .scalar(try container.decode(String.self))
                }
            }
        }

        /// A list of scalars is one setting: 32×32×3.
        func spread(_ path: String, into settings: inout [String: String]) {
            func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
            switch self {
            case .scalar(let text): settings[path] = text
            case .mapping(let values): for (key, value) in values { value.spread(inner(key), into: &settings) }
            case .list(let values):
                let scalars = values.compactMap { if case .scalar(let text) = $0 { text } else { nil } }
                if scalars.count == values.count, path.hasSuffix(".input") {
                    settings[path] = scalars.joined(separator: "×")
                } else {
                    for (index, value) in values.enumerated() { value.spread(inner("\(index + 1)"), into: &settings) }
                }
            }
        }
    }
}
