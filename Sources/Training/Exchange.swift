import Kernels
import MPI
import Networks
import Parallelism
import Recorder

/// The collectives of a step program, done: blocking sums over all ranks by MPI_Allreduce, in place.
struct Exchange {
    let world: Communicator
    let plan: Plan
    let gradients: AlignedFloats
    let sums: FigureSums
    /// Notes each collective; nil where a step is only measured.
    let recorder: FlightRecorder?

    /// Returns when the sum is there: gradients and statistics where they stand, figures in `figures`. Allocates nothing.
    ///
    /// - Throws: `Failure(.mpi)`, as `Communicator.allReduce`.
    func run(_ collective: Collective, figures: inout Figures) throws {
        switch collective {
        case .gradients(let range): try sum(UnsafeMutableBufferPointer(rebasing: gradients.buffer[range]))
        case .statistics(let layer): try sum(plan.statistics(layer))
        case .figures:
            let entered = recorder?.collectiveEntered(kind: .allReduce, count: FigureSums.count)
            figures = try sums.total(of: figures, over: world)
            recorder?.collectiveLeft(entered)
        }
    }

    private func sum<T: MPIScalar>(_ values: UnsafeMutableBufferPointer<T>) throws {
        let entered = recorder?.collectiveEntered(kind: .allReduce, count: values.count)
        try world.allReduce(values, .sum)
        recorder?.collectiveLeft(entered)
    }
}
