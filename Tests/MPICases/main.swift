// Cases of the MPI module, run in fixed order on the main thread of every rank; MPITests starts this program under mpirun.
//
//   mpi-cases            runs every case; rank 0 prints one line for each
//   mpi-cases --list     prints the names and does not start MPI
//   mpi-cases --start    starts MPI, prints how long that took, ends it
//   mpi-cases --abort N  each rank prints its process id; the last one aborts with code N while the others wait for it
//   mpi-cases --drop     starts an operation and drops its request, which ends the process with a message
//   mpi-cases --die      the same, but the last one kills itself
import Foundation
import MPI

let arguments = CommandLine.arguments.dropFirst()
let cases =
    broadcastCases() + allReduceCases() + startAllReduceCases() + splitCases() + sendReceiveCases() + allGatherCases()
    + startSendReceiveCases() + sharedWindowCases() + exchangeCases() + allocationCases()
    + errorCases()

do {
    switch arguments.first {
    case "--list":
        for each in cases { print(each.name) }
    case "--start":
        let start = Date()
        let world = try MPIEnvironment.initialise()
        let milliseconds = Date().timeIntervalSince(start) * 1000
        print(
            "rank \(world.rank) of \(world.size) on \(world.hostName): MPI_Init_thread \(String(format: "%.1f", milliseconds)) ms")
        try MPIEnvironment.finalise()
    case "--abort":
        try endByAbort(code: arguments.last.flatMap { Int32($0) } ?? 1)
    case "--drop":
        try dropRequest()
    case "--die":
        try endByKill()
    case nil:
        exit(try runAll(cases) ? 0 : 1)
    case let other?:
        print("mpi-cases knows --list, --start, --abort, --die and --drop, not \(other)")
        exit(64)
    }
} catch {
    FileHandle.standardError.write(Data("mpi-cases: \(error)\n".utf8))
    exit(69)
}
