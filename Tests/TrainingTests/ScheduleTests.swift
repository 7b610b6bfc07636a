import Diagnostics
import Testing

@testable import Training

/// Schedules beside PyTorch's schedulers: the rates of each step or epoch for a rate of 0.2, as torch.optim.lr_scheduler gives them.
@Suite struct ScheduleTests {
    private struct Golden: Sendable {
        let schedule: Schedule
        /// Whether a point is a step of 20, or an epoch of 8 with one step each.
        let rates: [Double]
    }

    private static let golden = [
        Golden(
            schedule: Schedule(.multiStep(after: [2, 5], factor: 0.1)), rates: [0.2, 0.2, 0.02, 0.02, 0.02, 0.002, 0.002, 0.002]),
        Golden(schedule: Schedule(.step(every: 3, factor: 0.5)), rates: [0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05]),
        Golden(
            schedule: Schedule(.exponential(factor: 0.9)),
            rates: [0.2, 0.18, 0.162, 0.1458, 0.13122, 0.118098, 0.1062882, 0.09565938]),
        Golden(
            schedule: Schedule(.cosine(end: 0.1)),
            rates: [
                0.2, 0.193149157926, 0.173639610307, 0.144441508913, 0.11, 0.0755584910871, 0.0463603896932, 0.026850842074,
            ]),
        Golden(
            schedule: Schedule(.oneCycle(peak: 0.3, start: 25, end: 1e4)),
            rates: [
                0.008, 0.02633436854, 0.07433436854, 0.13366563146, 0.18166563146, 0.2, 0.197492801247, 0.190096926403,
                0.178183235514,
                0.16234913079, 0.143388600358, 0.122252404387, 0.1000004, 0.0777483956127, 0.0566121996417, 0.03765166921,
                0.0218175644858, 0.00990387359731, 0.00250799875298, 8e-07,
            ]),
    ]

    @Test func ratesAreThoseOfPyTorch() {
        var compared = 0
        for golden in Self.golden {
            for (step, rate) in golden.rates.enumerated() {
                let count = golden.rates.count
                let point = Schedule.Point(epoch: step, epochs: count, step: step, steps: count)
                let found = 0.2 * golden.schedule.factor(at: point)
                // The golden numbers have twelve digits.
                #expect(abs(found - rate) <= 1e-11 * rate + 1e-15, "\(golden.schedule), step \(step): \(found), not \(rate)")
                compared += 1
            }
        }
        #expect(compared == 4 * 8 + 20)
    }

    /// Shallue et al.: η = η₀ − (1 − α)·η₀·t/T up to T, then α·η₀.
    @Test func linearDecayFallsStepByStep() {
        let schedule = Schedule(.linear(end: 0.1, share: 0.5))
        func factor(_ step: Int) -> Double { schedule.factor(at: .init(epoch: step / 10, epochs: 10, step: step, steps: 100)) }
        for step in 0...50 { #expect(abs(factor(step) - (1 - 0.9 * Double(step) / 50)) < 1e-12) }
        #expect([51, 75, 99].allSatisfy { abs(factor($0) - 0.1) < 1e-12 })
    }

    @Test func warmUpRisesStepByStepAndMultipliesTheShape() {
        let schedule = Schedule(.step(every: 5, factor: 0.1), warmUp: .init(epochs: 2, from: 0.25))
        func factor(_ step: Int) -> Double { schedule.factor(at: .init(epoch: step / 10, epochs: 10, step: step, steps: 100)) }
        #expect(factor(0) == 0.25 && factor(10) == 0.625 && factor(20) == 1 && factor(49) == 1)
        #expect(abs(factor(50) - 0.1) < 1e-15)
        let rises = (1...20).allSatisfy { factor($0) > factor($0 - 1) }
        #expect(rises)
    }

    @Test(arguments: [
        ("constant", Schedule.constant),
        ("step: {every: 30, factor: 0.5}", Schedule(.step(every: 30, factor: 0.5))),
        ("step: {every: 30}", Schedule(.step(every: 30, factor: 0.1))),
        ("multi-step: {after: [100, 150], factor: 0.1}", Schedule(.multiStep(after: [100, 150], factor: 0.1))),
        ("exponential: {factor: 0.95}", Schedule(.exponential(factor: 0.95))),
        ("{cosine: {end: 0.01}, warm-up: {epochs: 5}}", Schedule(.cosine(end: 0.01), warmUp: .init(epochs: 5))),
        ("linear: {end: 0.01, share: 0.9}", Schedule(.linear(end: 0.01, share: 0.9))),
        ("one-cycle: {peak: 0.4}", Schedule(.oneCycle(peak: 0.4, start: 25, end: 1e4))),
        ("warm-up: {epochs: 1, from: 0.5}", Schedule(.constant, warmUp: .init(epochs: 1, from: 0.5))),
    ])
    func writtenForm(text: String, schedule: Schedule) throws {
        let written = text.contains(": ") && !text.hasPrefix("{") ? "{\(text)}" : text
        let recipe = try Recipe.parse("experiment: {model: lenet5, schedule: \(written)}", name: "test")
        #expect(recipe.experiment.schedule == schedule)
        #expect(try Recipe.parse(try canonicalJSON(recipe), name: "again") == recipe)
        try recipe.validate()
    }

    @Test(arguments: [
        ("{step: {every: 0}}", "schedule.step.every: found 0"), ("{step: {every: 3, factor: -1}}", "schedule.step.factor"),
        ("{multi-step: {after: []}}", "schedule.multi-step.after"), ("{exponential: {factor: 0}}", "schedule.exponential.factor"),
        ("{cosine: {end: 2}}", "schedule.cosine.end"), ("{linear: {share: 0}}", "schedule.linear.share"),
        ("{one-cycle: {peak: 1}}", "schedule.one-cycle.peak"),
        ("{cosine: {end: 0}, warm-up: {epochs: 0}}", "schedule.warm-up.epochs"),
        ("{cosin: {end: 0}}", "unknown key 'cosin': did you mean 'cosine'?"), ("{cosine: {ned: 0}}", "unknown key 'ned'"),
        ("{cosine: {}, linear: {}}", "found cosine and linear, expected one shape"),
        ("cosine", "found 'cosine', expected constant or a mapping"),
    ])
    func schedulesThatCannotBe(text: String, message: String) {
        let failure = #expect(throws: Failure.self) {
            try Recipe.parse("experiment: {model: lenet5, schedule: \(text)}", name: "test").validate()
        }
        #expect(failure?.kind == .usage && failure?.description.contains(message) == true, "\(String(describing: failure))")
    }

    /// A change of the rate that training never reaches is said aloud, and no other.
    @Test func changesBehindTheEnd() {
        func warning(_ shape: Schedule.Shape) -> String? { Schedule(shape).warning(epochs: 10) }
        #expect(warning(.multiStep(after: [5, 10, 12], factor: 0.1))?.contains("after epoch 10 and 12") == true)
        #expect(warning(.step(every: 10, factor: 0.1))?.contains("step.every") == true)
        #expect(warning(.multiStep(after: [5, 9], factor: 0.1)) == nil && warning(.step(every: 9, factor: 0.1)) == nil)
        #expect(warning(.cosine(end: 0)) == nil && warning(.constant) == nil)
    }
}
