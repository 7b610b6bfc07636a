import Datasets
import Diagnostics
import Foundation
import Kernels
import MPI
import Networks
import Parallelism

/// What must be the same on all ranks before they begin: otherwise they would wait for each other for ever, or train different things.
struct StartComparison {
    let startUp: StartUp

    /// Collective, as are the others.
    ///
    /// - Throws: `AgreedFailure` that names the ranks that differ from rank 0.
    func compare(_ experiment: Experiment, _ execution: Execution) throws {
        try startUp.requireSame(
            try canonicalJSON(experiment),
            orThrow: "this rank's experiment is not rank 0's: its recipe or data set differs; give every host the same")
        // Hosts may have other folders.
        var options = execution
        (options.data, options.run) = (nil, nil)
        try startUp.requireSame(
            try canonicalJSON(options),
            orThrow: "this rank's options are not rank 0's, and ranks would wait for each other for ever: give every host the same")
        try startUp.requireSame(
            "\(try Self.executable())",
            orThrow: "this rank's lockstep is another build than rank 0's: copy one executable to every host")
        // What ranks exchange is the same wherever it was computed; the bits of a gradient depend on the CPU, for BLAS looks at it.
        guard experiment.reproducible else { return }
        try startUp.requireSame(
            Self.instructionSets(),
            orThrow:
                "this rank's CPU has other instruction sets than rank 0's, and reproducible results hang on them: choose like hosts"
        )
        try startUp.requireSame(
            BLAS.kernels,
            orThrow:
                "OpenBLAS computes otherwise here than on rank 0, and reproducible results hang on it: found \(BLAS.kernels); give "
                + "every host the same OpenBLAS, and set OPENBLAS_CORETYPE to the same everywhere"
        )
    }

    /// The data set's contents: an experiment tells its shape and size.
    ///
    /// Of a known set every byte, which each rank reads once. Of a packed one its header, with the checksums that images, labels and names had
    /// when they were written: another set is found, images that were damaged since are not; `lockstep data verify` finds them.
    func compare(_ dataset: Dataset) throws {
        try startUp.requireSame(
            "\(dataset.contentChecksum())",
            orThrow:
                "\(dataset.directory): this rank's data set holds other bytes than rank 0's, in images or labels of the same number; "
                + "'lockstep data verify' tells which are damaged; give every host the same")
    }

    func compare(_ program: StepProgram, _ plan: Plan) throws {
        try startUp.requireSame(
            plan.convolutions.map(\.kernels.description).joined(separator: "\n"),
            orThrow: "this rank's convolutions are computed by other kernels than rank 0's: copy one executable to every host")
        try startUp.requireSame(
            program.exchanges.map(\.description).joined(separator: "\n"),
            orThrow: "this rank's step program exchanges something else than rank 0's: a fault of lockstep's own, please report it")
    }

    private static func executable() throws -> UInt64 {
        let path = "/proc/self/exe"
        do {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
            return bytes.withUnsafeBytes { Fingerprint.of($0) }
        } catch {
            throw Failure(.io, "\(path) cannot be read: \(reason(error))")
        }
    }

    /// The vector extensions, as Linux tells them; nothing where it does not.
    private static func instructionSets() -> String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let flags = text.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") } ?? ""
        let names = flags.split(separator: " ").filter { name in
            ["avx", "fma", "sse", "asimd", "sve"].contains { name.hasPrefix($0) }
        }
        return names.sorted().joined(separator: " ")
    }
}
