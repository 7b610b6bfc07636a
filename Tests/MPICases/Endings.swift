import Foundation
import MPI

/// The last rank ends the world with a code, while the others wait for a message that never comes.
func endByAbort(code: Int32) throws {
    let world = try startAndTellProcessID()
    if world.rank == world.size - 1 { world.abort(code: code) }
    try waitForever(world)
}

/// The last rank is killed, as by the kernel when memory runs out.
func endByKill() throws {
    let world = try startAndTellProcessID()
    if world.rank == world.size - 1 { kill(getpid(), SIGKILL) }
    try waitForever(world)
}

/// A programmer's error: the operation is under way, and nothing waits for it any more.
func dropRequest() throws {
    let world = try MPIEnvironment.initialise()
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 3)
    buffer.initialize(repeating: 1)
    _ = try world.startAllReduce(buffer, .sum)
}

private func startAndTellProcessID() throws -> Communicator {
    let world = try MPIEnvironment.initialise()
    FileHandle.standardOutput.write(Data("process \(getpid())\n".utf8))
    try world.barrier()
    // mpirun has read what the ranks wrote when they are ended a moment later.
    Thread.sleep(forTimeInterval: 0.2)
    return world
}

private func waitForever(_ world: Communicator) throws {
    var nothing: [UInt8] = [0]
    try nothing.withUnsafeMutableBufferPointer { try world.receive($0, from: world.size - 1) }
}
