import Diagnostics
import Glibc

/// The bytes of a checkpoint's tensors: filled once by `CheckpointFile.init`, never changed after that, hence `Sendable`.
final class TensorStorage: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    /// - Throws: `Failure(.io)` if the machine has less memory than that, which a sparse file can ask for without having a disk's worth.
    init(byteCount: Int) throws(Failure) {
        let memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        guard byteCount <= memory else {
            throw Failure(
                .io, "a checkpoint of \(byteCount) bytes does not fit the \(memory) bytes of memory here; use a larger machine")
        }
        bytes = .allocate(byteCount: byteCount, alignment: 64)
    }

    deinit { bytes.deallocate() }

    subscript(tensor: SafetensorsHeader.Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[tensor.offset..<tensor.offset + tensor.byteCount])
    }
}
