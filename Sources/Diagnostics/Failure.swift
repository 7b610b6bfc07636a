/// A fault of the outside world (a file, a flag, a recipe, another rank), told so that its reader can mend it.
///
/// The message says what was found, what was expected and what to do. The kind decides the exit code of the commands.
public struct Failure: Error, CustomStringConvertible, Sendable {
    /// What went wrong, as far as the exit code tells it (the values of sysexits.h where one fits).
    public enum Kind: Int32, Sendable, CaseIterable {
        /// A wrong command line or recipe.
        case usage = 64
        /// A data set, checkpoint or archive whose contents are not what they should be.
        case badData = 65
        /// A file, directory or checkpoint that is not there.
        case missing = 66
        /// An MPI environment that cannot be used, or a failed MPI call.
        case mpi = 69
        /// A fault of our own, or of a library, that no user's input explains.
        case fault = 70
        /// Something that cannot be read or written: permissions, a full disk, a vanished file system.
        case io = 74
        /// Training ended before its end because it was asked to, by a signal or a time limit; all of it is in the last checkpoint.
        case stopped = 75
        /// A loss that is not finite: training cannot go on.
        case diverged = 76
        /// A rank's process is no more: killed, or crashed.
        case lost = 80
        /// A rank waited for others beyond the deadline.
        case deadline = 81
        /// Ranks that should do or hold the same do not.
        case disagreement = 82
    }

    public let kind: Kind
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Any error, as a failure: itself where it is one.
    public init(reporting error: any Error) {
        self = (error as? Failure) ?? Failure(.fault, String(describing: error))
    }
}
