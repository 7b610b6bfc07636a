internal import COpenMPI
import Diagnostics
import Glibc

/// The beginning and the end of MPI in this process.
///
/// Three rings: the shim header gives Swift the constants, each C function is called in one place, and what is public is typed. All of
/// this module is called **on the main thread only** (MPI_THREAD_FUNNELED); `Communicator` and `Request` are not `Sendable`, so the
/// compiler holds most of that. The one exception is `abort(code:)`.
public enum MPIEnvironment {
    /// Starts MPI and returns the world, whose errors are returned and thrown rather than fatal.
    ///
    /// A process that no launcher started becomes a world of one. Open MPI would start a daemon for it, which takes about
    /// 0.15 s and needs `orted` in PATH; `OMPI_MCA_ess_singleton_isolated=1` says that none is wanted. Processes that mpirun started
    /// do not read that variable, other MPIs do not know it, and a value that is already there stays.
    ///
    /// - Parameters:
    ///   - threads: what the process's threads will do with MPI; the library must provide at least that.
    ///   - launch: what the launcher says about this process, to be compared with what MPI says.
    /// - Throws: `Failure(.mpi)` if MPI was started before, if it provides a lower thread level, or if the launcher belongs to
    ///   another MPI, so that this process is not in the world that the user asked for.
    ///
    /// The corresponding C function is `MPI_Init_thread`.
    public static func initialise(
        threads: ThreadLevel = .funneled, launch: LaunchEnvironment? = .current
    ) throws -> Communicator {
        guard try !state(MPI_Initialized, "MPI_Initialized") else {
            throw Failure(.mpi, "MPI was started before in this process; MPI_Init_thread can be called once only")
        }
        guard setenv("OMPI_MCA_ess_singleton_isolated", "1", 0) == 0 else {
            throw Failure(
                .mpi, "cannot set OMPI_MCA_ess_singleton_isolated in the environment: \(systemText())")
        }
        var provided: Int32 = 0
        try check(MPI_Init_thread(nil, nil, threads.value, &provided), "MPI_Init_thread")
        guard provided >= threads.value else {
            throw Failure(
                .mpi,
                "this MPI provides thread level \(ThreadLevel(value: provided)), where \(threads) is needed (\(libraryVersion)); "
                    + "use a library that was built with threads")
        }
        let world = try Communicator.world()
        try launch?.check(rank: world.rank, size: world.size, library: libraryVersion)
        return world
    }

    /// Ends MPI; every rank calls it, once, as its last MPI call. Collective.
    ///
    /// - Throws: `Failure(.mpi)` if MPI was not started or has been ended.
    ///
    /// The corresponding C function is `MPI_Finalize`.
    public static func finalise() throws {
        guard try state(MPI_Initialized, "MPI_Initialized") else {
            throw Failure(.mpi, "MPI_Finalize was called before MPI was started")
        }
        guard try !state(MPI_Finalized, "MPI_Finalized") else { throw Failure(.mpi, "MPI_Finalize was called twice") }
        try check(MPI_Finalize(), "MPI_Finalize")
    }

    /// Ends all ranks of the world with this exit code, whatever they are doing. Needs no other rank's help.
    ///
    /// May be called from a watchdog thread: the process is ending, and with Open MPI it works while the main thread hangs in MPI.
    ///
    /// The corresponding C function is `MPI_Abort`.
    public static func abort(code: Int32) -> Never {
        let result = MPI_Abort(lockstep_mpi_comm_world().handle, code)
        // MPI_Abort does not return. If it does, this rank at least ends, and its launcher ends the others.
        fault("MPI_Abort returned \(result)")
    }

    /// Whether MPI has been started in this process and not yet ended. May be asked at any time.
    public static var isRunning: Bool {
        var initialised: Int32 = 0
        var finalised: Int32 = 0
        return MPI_Initialized(&initialised) == lockstep_mpi_success() && initialised != 0
            && MPI_Finalized(&finalised) == lockstep_mpi_success() && finalised == 0
    }

    /// The name and version of the MPI library, on one line, as it tells them itself. May be asked before MPI is started.
    ///
    /// The corresponding C function is `MPI_Get_library_version`.
    public static var libraryVersion: String {
        let text = textFromMPI(capacity: lockstep_mpi_max_library_version_string()) { MPI_Get_library_version($0, $1) }
        guard let text else { return "an MPI library that does not tell its version" }
        // Open MPI counts the end mark of its text as part of it.
        return text.split { $0.isNewline || $0 == "\0" }.first.map(String.init) ?? text
    }

    /// One of MPI's yes-or-no questions about itself, which may be asked before MPI is started and after it has ended.
    private static func state(_ question: (UnsafeMutablePointer<Int32>?) -> Int32, _ call: StaticString) throws -> Bool {
        var answer: Int32 = 0
        try check(question(&answer), call)
        return answer != 0
    }

    /// For calls that belong to no communicator. Their text is not asked for: MPI may not be running.
    private static func check(_ code: Int32, _ call: StaticString) throws {
        guard code == lockstep_mpi_success() else {
            throw Failure(.mpi, "\(call) failed with code \(code) (\(libraryVersion))")
        }
    }
}

/// What a process's threads may do with MPI.
public enum ThreadLevel: Sendable, CaseIterable {
    /// The process has one thread.
    case single
    /// Only the thread that started MPI calls it. All that Lockstep needs.
    case funneled
    /// Any thread calls it, one at a time.
    case serialized
    /// Any thread calls it at any time.
    case multiple

    /// MPI's constant; a higher level has a higher value (MPI 3.1, section 12.4.3).
    var value: Int32 {
        switch self {
        case .single: lockstep_mpi_thread_single()
        case .funneled: lockstep_mpi_thread_funneled()
        case .serialized: lockstep_mpi_thread_serialized()
        case .multiple: lockstep_mpi_thread_multiple()
        }
    }

    init(value: Int32) { self = Self.allCases.last { $0.value <= value } ?? .single }
}
