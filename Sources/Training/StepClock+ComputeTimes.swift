import Parallelism
import Timing

extension StepClock {
    /// What this rank's computing took.
    ///
    /// - Parameters:
    ///   - groupSamples: the most samples that the program computes together.
    ///   - arenaFloats: of a slot of gradients.
    func computeTimes(of program: StepProgram, passes: PassClock, groupSamples: Int, arenaFloats: Int) -> ComputeTimes {
        /// Seconds per unit of those operations that have some; nil where there are none.
        func rate(_ units: (Operation) -> Int?) -> Double? {
            var (seconds, count) = (0.0, 0)
            for (operation, total) in zip(program.operations, operationSeconds) {
                guard let units = units(operation) else { continue }
                seconds += total
                count += units
            }
            return count > 0 ? seconds / Double(count * steps.count) : nil
        }
        return ComputeTimes(
            groupSamples: groupSamples, prepare: rate { $0 == .prepare ? 1 : nil } ?? 0, forward: passes.forward,
            backward: passes.backward,
            clear: rate { if case .clear = $0 { arenaFloats } else { nil } },
            add: rate { if case .add(_, let range) = $0 { range.count } else { nil } },
            check: rate { if case .check(let slots, let range) = $0 { slots.count * range.count } else { nil } },
            update: rate { if case .update(let range) = $0 { range.count } else { nil } },
            updateStatistics: rate { $0 == .updateStatistics ? 1 : nil } ?? 0)
    }
}
