/// Adds up what each stage of the way forward and each pass of the way back takes.
///
/// An operation of a step program spans several of them, and which ones hangs on ranks and buckets; these do not.
final class PassClock {
    enum Pass { case forward(Int), backward(Int) }

    private struct Sum {
        var seconds = 0.0
        var samples = 0
        var perSample: Double { samples > 0 ? seconds / Double(samples) : 0 }
    }

    private var forwardSums: [Sum]
    private var backwardSums: [Sum]
    /// Whether what is timed now is added.
    var isCounting = false

    init(stages: Int, passes: Int) {
        forwardSums = Array(repeating: Sum(), count: stages)
        backwardSums = Array(repeating: Sum(), count: passes)
    }

    /// Seconds per sample, of each stage and of each pass.
    var forward: [Double] { forwardSums.map(\.perSample) }
    var backward: [Double] { backwardSums.map(\.perSample) }

    func time(_ pass: Pass, samples: Int, _ work: () throws -> Void) rethrows {
        guard isCounting else { return try work() }
        let start = StepClock.now()
        try work()
        let seconds = StepClock.now() - start
        switch pass {
        case .forward(let stage): Self.add(seconds, samples, to: &forwardSums[stage])
        case .backward(let number): Self.add(seconds, samples, to: &backwardSums[number])
        }
    }

    private static func add(_ seconds: Double, _ samples: Int, to sum: inout Sum) {
        sum.seconds += seconds
        sum.samples += samples
    }
}
