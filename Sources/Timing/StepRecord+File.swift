import Diagnostics
import Foundation

/// Files of records, in JSON: one record, or those of several independent runs that were measured at once.
extension StepRecord {
    /// - Throws: `Failure.missing` where the file cannot be read, `Failure.badData` where it holds something else.
    public static func read(_ path: String) throws -> [StepRecord] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.missing, "the record \(path) cannot be read: 'lockstep bench training --record FILE' writes one")
        }
        guard let records = try? JSONDecoder().decode([StepRecord].self, from: data), records.allSatisfy(\.isConsistent) else {
            throw Failure(.badData, "\(path) is no record of training steps, as 'lockstep bench training --record FILE' writes it")
        }
        return records
    }

    /// - Throws: `Failure.io`.
    public static func write(_ records: [StepRecord], to path: String) throws {
        try encodedJSON(records).writeReplacing(path)
    }

    /// What computing takes, of one rank without an exchange.
    ///
    /// - Throws: `Failure.badData` where the record has none.
    public static func readComputing(_ path: String) throws -> ComputeTimes {
        guard let times = try read(path).first?.ranks.first?.computing else {
            throw Failure(
                .badData, "\(path) does not tell what computing takes: its own was slept, or its layers were divided over ranks")
        }
        return times
    }
}
