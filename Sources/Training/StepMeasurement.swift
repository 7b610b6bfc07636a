import Timing

/// What is asked of a measurement of training steps.
public struct StepMeasurement: Sendable {
    /// Steps that are measured, and those before them that are not. Steps of a short batch, at an epoch's end, count for neither.
    public var steps: Int
    public var warmUp: Int
    /// Steps between two checkpoints; 0 for none.
    public var checkpointEvery: Int
    /// What computing takes, where it is slept instead of done.
    public var replay: ComputeTimes?

    public init(steps: Int, warmUp: Int, checkpointEvery: Int = 0, replay: ComputeTimes? = nil) {
        (self.steps, self.warmUp, self.checkpointEvery, self.replay) = (steps, warmUp, checkpointEvery, replay)
    }
}
