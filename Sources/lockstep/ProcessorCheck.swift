import CKernelTarget
import CProcessor
import Diagnostics
import Foundation

/// That the CPU has the instruction sets which the kernels were compiled for.
enum ProcessorCheck {
    /// Such as `avx2 fma`; what was built for every CPU says so.
    static var target: String {
        let names = String(cString: kernel_target()).split(separator: " ").joined(separator: " ")
        return names.isEmpty ? "every CPU of its architecture" : names
    }

    /// Ends the process where the CPU lacks one, with a message. To be called first of all: no other code may run before.
    ///
    /// `LOCKSTEP_CPUINFO` names a file to be read in place of /proc/cpuinfo, for the tests.
    static func run() {
        guard let complaint = processor_complaint(kernel_target(), getenv("LOCKSTEP_CPUINFO")) else { return }
        write(STDERR_FILENO, complaint, strlen(complaint))
        exit(69)
    }
}
