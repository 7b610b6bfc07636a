internal import COpenMPI
import Diagnostics

/// Who this process is, for messages, and whether MPI has failed in it. One object is shared by the world and all its parts.
final class ProcessIdentity {
    let worldRank: Int
    let worldSize: Int
    let hostName: String

    /// Set by the first failed call. From then on requests may be dropped: the error is on its way up, and a trap would hide it.
    var hasFailed = false
    /// Bytes that `startSend` has begun to send.
    var startedBytes = 0

    /// The corresponding C function is `MPI_Get_processor_name`.
    init(worldRank: Int, worldSize: Int) {
        self.worldRank = worldRank
        self.worldSize = worldSize
        let name = textFromMPI(capacity: lockstep_mpi_max_processor_name()) { MPI_Get_processor_name($0, $1) }
        hostName = name ?? "a host without a name"
    }
}

extension Communicator {
    /// Turns an MPI return code into an error.
    ///
    /// - Parameter detail: counts, element type, partner; only composed when the call failed.
    func check(_ code: Int32, _ call: @autoclosure () -> String, _ detail: @autoclosure () -> String) throws {
        guard code != lockstep_mpi_success() else { return }
        throw failure(call(), because: mpiErrorText(code), detail())
    }

    /// An error that says where it happened. Marks this process as failed.
    func failure(_ call: String, because reason: String, _ detail: String) -> Failure {
        process.hasFailed = true
        let part = size == process.worldSize ? "" : ", rank \(rank) of a group of \(size)"
        return Failure(
            .mpi,
            "\(call) failed on rank \(process.worldRank) of \(process.worldSize) (host \(hostName)\(part)): \(reason); "
                + "the call was for \(detail)")
    }

    /// Calls `body` with the offset and length of each piece that one MPI call can take. Nothing for a count of 0, which is the same
    /// on all ranks.
    @inline(__always)
    func forEachPiece(of count: Int, _ body: (_ offset: Int, _ length: Int32) throws -> Void) rethrows {
        var offset = 0
        while offset < count {
            let length = min(count - offset, largestCount)
            try body(offset, Int32(length))
            offset += length
        }
    }
}

/// MPI's own text for a return code, with the code where it has none.
///
/// The corresponding C function is `MPI_Error_string`.
private func mpiErrorText(_ code: Int32) -> String {
    textFromMPI(capacity: lockstep_mpi_max_error_string()) { MPI_Error_string(code, $0, $1) } ?? "MPI error code \(code)"
}

/// A text from a C function that fills a buffer, sets a length and returns a code; nil if it fails.
func textFromMPI(
    capacity: Int32, _ fill: (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int32>?) -> Int32
) -> String? {
    var code: Int32 = 0
    let text = String(unsafeUninitializedCapacity: Int(capacity) + 1) { bytes in
        bytes.withMemoryRebound(to: CChar.self) { characters in
            var length: Int32 = 0
            code = fill(characters.baseAddress, &length)
            return code == lockstep_mpi_success() ? Int(length) : 0
        }
    }
    return code == lockstep_mpi_success() ? text : nil
}
