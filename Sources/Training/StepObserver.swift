/// What a step spends time on, as the step loop tells those who want to know.
enum StepActivity: Equatable {
    /// The wait for the next batch.
    case loading
    /// The operation of this number in the step program.
    case operation(Int)
    /// The comparison of what all ranks hold.
    case comparing
    case checkpointing
}

/// Told when steps, and what they are spent on, begin and end. What it does meanwhile costs the step.
protocol StepObserver: AnyObject {
    /// A step begins, and the one before it is over.
    ///
    /// - Parameters:
    ///   - step: its number from 0, over the whole run.
    ///   - samples: of its global batch, which an epoch's last step may have fewer of.
    func begin(step: Int, samples: Int)
    func began(_ activity: StepActivity)
    func ended(_ activity: StepActivity)
}
