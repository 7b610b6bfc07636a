import Parallelism
import Recorder
import Timing

extension Operation {
    /// The part of a step that its time belongs to; of what waits for others, `transfer` is what is left behind the last rank's arrival.
    var part: StepPart {
        switch phase {
        case .forward: .forward
        case .backward: .backward
        case .update: .update
        default: .transfer
        }
    }
}
