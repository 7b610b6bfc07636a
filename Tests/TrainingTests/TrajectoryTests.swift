import TestSupport
import Testing

@testable import Training

/// Ten steps of each optimiser, schedule and loss against torch.optim, torch.optim.lr_scheduler and a public LARS: learning rates, losses,
/// parameters and running statistics. `Golden/make_trajectories.py` says what is stored and how it was made.
///
/// Every step starts from what the steps before have left of their rounding, and a network may magnify it: tests allow four times what
/// PyTorch's float32 is off by, and sixteen roundings where that happens to be small.
@Suite struct TrajectoryTests {
    @Test func tenStepsAreThoseOfPyTorch() throws {
        let records = try TrajectoryRecord.all()
        #expect(records.count == 27)
        for record in records {
            let agreement = try compare(record)
            #expect(agreement.holds, "\(record.name): \(agreement)")
        }
    }

    private func compare(_ record: TrajectoryRecord) throws -> Agreement {
        let run = try TrajectoryRun(record)
        var agreement = Agreement()
        func compare(_ found: Double, _ expected: Double, typical: Double, deviation: Double, _ place: @autoclosure () -> String) {
            let tolerance = 4 * deviation + 16 * Agreement.roundoff * typical
            agreement.compare(found, expected, tolerance: tolerance, place())
        }
        #expect(record.losses.count == 10 && record.rates.count == 10)
        for (step, (rate, loss)) in zip(record.rates, record.losses).enumerated() {
            let (foundRate, foundLoss) = run.step(step, of: record.losses.count)
            agreement.compare(foundRate, rate, tolerance: 1e-12 * rate, "rate of step \(step)")
            compare(foundLoss, loss, typical: loss, deviation: record.deviation, "loss of step \(step)")
        }
        let tensors = run.tensors
        #expect(tensors.count == record.tensors.count)
        for (tensor, golden) in zip(tensors, record.tensors) {
            let stride = TrajectoryRecord.stride(of: tensor.count)
            let found = Swift.stride(from: 0, to: tensor.count, by: stride).map { run.state.parameters.base[tensor.offset + $0] }
            #expect(found.count == golden.values.count, "\(tensor.name)")
            let typical = golden.values.map(abs).max() ?? 0
            for (i, (value, expected)) in zip(found, golden.values).enumerated() {
                compare(Double(value), expected, typical: typical, deviation: golden.deviation, "\(tensor.name), value \(i)")
            }
        }
        return agreement
    }
}
