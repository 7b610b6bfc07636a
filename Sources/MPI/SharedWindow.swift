internal import COpenMPI
import Diagnostics
import Glibc

/// Memory that the ranks of one node share: each rank has a region, zero at first, and every rank reads and writes all of them.
///
/// Nothing orders one rank's reads after another's writes but what they agree on, by `SharedCounter`s.
///
/// The corresponding C function is `MPI_Win_allocate_shared`.
public final class SharedWindow {
    /// Where a region begins: a cache line, a 512-bit register.
    public static let alignment = 64

    private let node: Communicator
    private var raw = lockstep_mpi_win_null()
    private var regions: [UnsafeMutableRawBufferPointer] = []

    /// Makes a window and touches this rank's region. Collective.
    ///
    /// - Parameters:
    ///   - node: ranks that share memory, as `splitShared` gives them.
    ///   - byteCount: of this rank's region; others may have another.
    /// - Throws: `Failure(.mpi)`, on all ranks of the node, also where the memory file system has less room than all regions need.
    ///   Without that question the first touch beyond the room would end the process with SIGBUS.
    public init(on node: Communicator, byteCount: Int) throws {
        require(byteCount >= 0, "a region has no negative size, found \(byteCount)")
        self.node = node
        // MPI aligns a region's first byte to 8 only, and what each rank adds to it is told to the others.
        let allocated = byteCount + Self.alignment
        try Self.checkRoom(for: allocated, on: node)
        var start: UnsafeMutableRawPointer?
        try node.check(
            MPI_Win_allocate_shared(allocated, 1, lockstep_mpi_info_null(), node.raw.handle, &start, &raw.handle),
            "MPI_Win_allocate_shared", "\(byteCount) bytes")
        try check(MPI_Win_set_errhandler(raw.handle, lockstep_mpi_errors_return()), "MPI_Win_set_errhandler")
        // Loads and stores of shared memory stand in a passive epoch, of which there is one from the beginning to the end.
        try check(MPI_Win_lock_all(lockstep_mpi_mode_nocheck(), raw.handle), "MPI_Win_lock_all")
        let address = UInt(bitPattern: start)
        let shift = Int((UInt(Self.alignment) - address % UInt(Self.alignment)) % UInt(Self.alignment))
        let shifts = try node.allGather(shift)
        let byteCounts = try node.allGather(byteCount)
        for rank in 0..<node.size {
            regions.append(
                UnsafeMutableRawBufferPointer(start: try self.start(ofRank: rank) + shifts[rank], count: byteCounts[rank]))
        }
        regions[node.rank].initializeMemory(as: UInt8.self, repeating: 0)
        try node.barrier()
    }

    /// Where a rank's region begins in this process's memory; a multiple of 64.
    public func base(ofRank rank: Int) -> UnsafeMutableRawPointer {
        guard let base = regions[rank].baseAddress else { fault("rank \(rank)'s region has no address") }
        return base
    }

    public func byteCount(ofRank rank: Int) -> Int { regions[rank].count }

    /// Gives the memory back. Collective; no rank may touch any region afterwards. A window that is not freed lives until MPI ends: a
    /// deinitialiser cannot do it, because nothing says when it runs on the other ranks.
    ///
    /// The corresponding C function is `MPI_Win_free`.
    public func free() throws {
        try check(MPI_Win_unlock_all(raw.handle), "MPI_Win_unlock_all")
        try check(MPI_Win_free(&raw.handle), "MPI_Win_free")
        regions = []
    }

    /// The corresponding C function is `MPI_Win_shared_query`.
    private func start(ofRank rank: Int) throws -> UnsafeMutableRawPointer {
        var byteCount: MPI_Aint = 0
        var unit: Int32 = 0
        var start: UnsafeMutableRawPointer?
        try check(MPI_Win_shared_query(raw.handle, Int32(rank), &byteCount, &unit, &start), "MPI_Win_shared_query")
        guard let start else {
            throw node.failure("MPI_Win_shared_query", because: "it gave no address", "the region of rank \(rank)")
        }
        return start
    }

    private func check(_ code: Int32, _ call: StaticString) throws {
        try node.check(code, "\(call)", "a window of \(node.size) ranks")
    }
}

extension SharedWindow {
    /// Where Open MPI and MPICH keep windows.
    private static let memoryFileSystem = "/dev/shm"

    /// One rank looks for all, so that all see the same answer. A rank alone gets ordinary memory.
    private static func checkRoom(for byteCount: Int, on node: Communicator) throws {
        guard node.size > 1 else { return }
        let needed = try node.allReduce(byteCount, .sum)
        let free = try node.broadcast(freeBytes(in: memoryFileSystem) ?? Int.max, from: 0)
        guard needed <= free else {
            throw node.failure(
                "MPI_Win_allocate_shared",
                because: "\(memoryFileSystem) has \(free.grouped) bytes free, and the \(node.size) ranks of this node need "
                    + "\(needed.grouped); make it larger (mount -o remount,size=… \(memoryFileSystem), or docker run --shm-size)",
                "\(byteCount) bytes")
        }
    }

    /// Nil where the system does not tell.
    private static func freeBytes(in path: String) -> Int? {
        var state = statvfs()
        guard statvfs(path, &state) == 0 else { return nil }
        let (bytes, overflow) = Int(clamping: state.f_bavail).multipliedReportingOverflow(by: Int(clamping: state.f_frsize))
        return overflow ? nil : bytes
    }
}
