import EventLog
import Foundation
import Networks
import TestSupport
import Testing

@testable import Training

@Suite struct RunLogTests {
    /// What stands in metrics.csv is what events are made of, digit by digit.
    @Test func aRowIsItsText() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/metrics.csv"
            let log = try MetricsLog(path: path, resumingAfter: 0)
            let rows = (1...200).map { index in
                var figures = Figures()
                (figures.samples, figures.correct) = (37 * index, 11 * index)
                _ = figures.loss.add(Double(index) * 1.37)
                return MetricsRow(
                    .step, epoch: index, step: 3 * index, figures: figures, rate: 0.1 / Double(index), timedSamples: 64,
                    seconds: Double(index * index) * 0.000123456789,
                    lossVariance: 0.7 / Double(index), gradientNorm: 1.3 * Double(index))
            }
            for row in rows { try log.append(row) }
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
            #expect(lines.count == rows.count)
            for (row, line) in zip(rows, lines) {
                let numbers = line.split(separator: ",").compactMap { Double($0) }
                #expect(
                    numbers == [
                        Double(row.epoch), Double(row.step), Double(row.samples), row.loss, row.accuracy, row.rate, row.seconds,
                        row.speed, 0.7 / Double(row.epoch), 1.3 * Double(row.epoch),
                    ], "\(line)")
            }
        }
    }

    @Test func settingsAsHyperParameters() throws {
        #expect(HyperParameter(json: "0.01") == .number(0.01) && HyperParameter(json: "1e-05") == .number(1e-5))
        #expect(HyperParameter(json: "true") == .truth(true) && HyperParameter(json: "false") == .truth(false))
        #expect(HyperParameter(json: "\"lenet5\"") == .text("lenet5") && HyperParameter(json: "[1,2]") == nil)
        let settings = try Experiment(model: .named(BuiltInModel(.lenet5))).settings()
        #expect(settings["optimiser.rate"] == "0.01" && settings["optimiser.nesterov"] == "false" && settings["seed"] == "1")
        #expect(settings["model"] == "\"lenet5\"")
    }
}
