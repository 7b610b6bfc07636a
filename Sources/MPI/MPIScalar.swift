internal import COpenMPI

/// A Swift type that MPI can send and reduce: `Float`, `Double`, `Int`, `Int32`, `Int64`, `UInt64` and, for bytes, `UInt8`.
public protocol MPIScalar: BitwiseCopyable {
    /// MPI's name for the type; sizes and signs are the same in C and Swift.
    static var datatype: Datatype { get }
}

/// MPI's description of an element: a predefined datatype.
public struct Datatype {
    let raw: lockstep_mpi_datatype
}

extension Float: MPIScalar {
    public static var datatype: Datatype { Datatype(raw: lockstep_mpi_float()) }
}

extension Double: MPIScalar {
    public static var datatype: Datatype { Datatype(raw: lockstep_mpi_double()) }
}

extension Int32: MPIScalar {
    public static var datatype: Datatype { Datatype(raw: lockstep_mpi_int32()) }
}

extension Int64: MPIScalar {
    public static var datatype: Datatype { Datatype(raw: lockstep_mpi_int64()) }
}

/// `Int` has 64 bits on every platform that Lockstep builds on.
extension Int: MPIScalar {
    public static var datatype: Datatype { Datatype(raw: lockstep_mpi_int64()) }
}

extension UInt64: MPIScalar {
    public static var datatype: Datatype { Datatype(raw: lockstep_mpi_uint64()) }
}

extension UInt8: MPIScalar {
    public static var datatype: Datatype { Datatype(raw: lockstep_mpi_uint8()) }
}

/// How values of several ranks become one, element by element.
public enum ReductionOperation: Sendable, CaseIterable {
    /// Integers wrap around. The order of a floating-point sum is MPI's choice and may differ with the number of ranks.
    case sum
    /// What becomes of a NaN is MPI's choice.
    case min
    /// What becomes of a NaN is MPI's choice.
    case max

    var raw: lockstep_mpi_op {
        switch self {
        case .sum: lockstep_mpi_sum()
        case .min: lockstep_mpi_min()
        case .max: lockstep_mpi_max()
        }
    }
}
