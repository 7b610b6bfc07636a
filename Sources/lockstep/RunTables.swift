import Reports
import Training

/// What a report says of each run in a table: a row for each run, or, of one alone, a row for each figure.
enum RunTables {
    static func summary(_ runs: [ReportedRun]) -> Table {
        let best = runs.compactMap { $0.best(.test)?.accuracy }.max()
        let validated = runs.contains { $0.best(.validation) != nil }
        var fields: [(String, Table.Alignment, (ReportedRun) -> Table.Cell)] = [
            (
                "best test accuracy", .trailing,
                { run in
                    let own = run.best(.test)?.accuracy
                    return .number(own, decimals: 4, emphasised: runs.count > 1 && own != nil && own == best)
                }
            ),
            ("after epoch", .trailing, { .count($0.best(.test)?.epoch) }),
            ("last test accuracy", .trailing, { .number($0.metrics.of(.test).last?.accuracy, decimals: 4) }),
            ("last test loss", .trailing, { .number($0.metrics.of(.test).last?.loss, decimals: 4) }),
        ]
        if validated {
            fields.append(("best validation accuracy", .trailing, { .number($0.best(.validation)?.accuracy, decimals: 4) }))
            fields.append(
                (
                    "test accuracy of that epoch", .trailing,
                    { run in .number(run.best(.validation).flatMap { _ in run.judged?.accuracy }, decimals: 4) }
                ))
        }
        fields += [
            ("epochs", .trailing, { Table.Cell("\($0.epochs) of \($0.record.experiment.epochs)") }),
            ("time", .trailing, { Table.Cell($0.seconds > 0 ? duration($0.seconds) : "–") }),
            ("images/s", .trailing, { .count($0.imagesPerSecond.map { Int($0.rounded()) }) }),
            ("ranks", .trailing, { .count($0.record.circumstances.ranks) }),
            ("state", .leading, { Table.Cell($0.ending) }),
        ]
        return table(runs, fields)
    }

    static func environment(_ runs: [ReportedRun]) -> Table {
        table(
            runs,
            [
                ("started", .leading, { Table.Cell($0.record.circumstances.started) }),
                ("hosts", .leading, { Table.Cell(hosts($0.record.circumstances.hosts)) }),
                ("processor", .leading, { Table.Cell($0.record.circumstances.processor ?? "not recorded") }),
                ("MPI", .leading, { Table.Cell(String($0.record.circumstances.mpi.prefix { $0 != "," })) }),
                ("lockstep", .leading, { Table.Cell($0.record.circumstances.version ?? "not recorded") }),
                ("data", .leading, { Table.Cell($0.record.execution.data ?? "not recorded") }),
                ("resumed from", .leading, { Table.Cell($0.record.circumstances.resumedFrom ?? "–") }),
            ])
    }

    /// Each host once, with the number of its ranks.
    private static func hosts(_ names: [String]) -> String {
        var unique: [String] = []
        for name in names where !unique.contains(name) { unique.append(name) }
        return unique.map { host in
            let count = names.count { $0 == host }
            return "\(host) (\(count) rank\(count == 1 ? "" : "s"))"
        }.joined(separator: ", ")
    }

    private static func table(_ runs: [ReportedRun], _ fields: [(String, Table.Alignment, (ReportedRun) -> Table.Cell)]) -> Table {
        guard runs.count > 1 else {
            return Table(
                columns: [.init(""), .init("")], rows: runs.flatMap { run in fields.map { [Table.Cell($0.0), $0.2(run)] } })
        }
        return Table(
            columns: [.init("run")] + fields.map { .init($0.0, $0.1) },
            rows: runs.map { run in [Table.Cell(run.name)] + fields.map { $0.2(run) } })
    }
}
