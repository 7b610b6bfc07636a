import Foundation
import MPI

/// What is called in every step allocates no Swift object once it is warm: a request has served before, blocks have been made.
func allocationCases() -> [Case] {
    [
        Case(name: "hot-calls-allocate-nothing") { world, findings in
            let blocks = Blocks(dividing: 100, ranks: world.size)
            let even = Blocks(of: 10, ranks: world.size)
            let whole = UnsafeMutableBufferPointer<Float>.allocate(capacity: 100)
            whole.initialize(repeating: 1)
            defer { whole.deallocate() }
            let evenWhole = UnsafeMutableBufferPointer(rebasing: whole[..<min(100, even.total)])
            let (request, sent, received) = (Request(), Request(), Request())
            let next = (world.rank + 1) % world.size
            let previous = (world.rank + world.size - 1) % world.size
            func step() throws {
                try world.allReduce(whole, .max)
                try world.startAllReduce(whole, .max, with: request)
                try request.wait()
                try world.allGather(whole, blocks: blocks)
                try world.allGather(evenWhole, blocks: even)
                try world.broadcast(whole, from: 0)
                try world.startReceive(UnsafeMutableBufferPointer(rebasing: whole[20..<30]), from: previous, with: received)
                try world.startSend(UnsafeBufferPointer(rebasing: whole[..<10]), to: next, with: sent)
                try sent.wait()
                try received.wait()
                try world.barrier()
            }
            try step()
            let counted = try AllocationCounter.count(step)
            findings.expectEqual(counted, 0, "Swift objects in a warm step")
            let control = try AllocationCounter.count { _ = try world.allGather(bytes: [1, 2, 3]) }
            findings.expect(control > 0, "the counter counts nothing")
        }
    ]
}

/// Counts Swift's heap objects through the runtime's hook for instruments.
enum AllocationCounter {
    typealias Allocate = @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?

    struct NoHook: Error {}

    /// Only written before and read on the main thread; other threads of a rank belong to MPI and allocate nothing in Swift.
    nonisolated(unsafe) static var allocations = 0
    nonisolated(unsafe) static var original: Allocate?

    static func count(_ body: () throws -> Void) throws -> Int {
        let everything = UnsafeMutableRawPointer(bitPattern: 0)  // RTLD_DEFAULT
        guard let hook = dlsym(everything, "_swift_allocObject"),
            let flag = dlsym(everything, "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly")
        else { throw NoHook() }
        let entry = hook.assumingMemoryBound(to: Allocate.self)
        let enabled = flag.assumingMemoryBound(to: Bool.self)
        original = entry.pointee
        allocations = 0
        entry.pointee = countingAllocate
        enabled.pointee = true
        defer {
            enabled.pointee = false
            if let original { entry.pointee = original }
        }
        try body()
        return allocations
    }
}

private func countingAllocate(_ type: UnsafeRawPointer?, _ size: Int, _ alignment: Int) -> UnsafeMutableRawPointer? {
    AllocationCounter.allocations += 1
    return AllocationCounter.original?(type, size, alignment)
}
