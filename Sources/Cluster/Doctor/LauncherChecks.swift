import Diagnostics
import Foundation

/// Whether mpirun starts what it should: one world of all ranks.
enum LauncherChecks {
    static func launcher(_ facts: ClusterFacts) -> [Finding] {
        guard let mpirun = facts.launcher.mpirun else {
            return [.error("there is no mpirun in PATH", "apt-get install openmpi-bin, or add its folder to PATH")]
        }
        let library = MPIRelease(facts.launcher.library)
        let program = MPIRelease(mpirun.version)
        let mending = remedy(facts.launcher)
        guard program.name == library.name, program.series == library.series else {
            return [
                .error(
                    "\(mpirun.path) is of \(program), but lockstep is linked with \(library): each process would be a world of its own",
                    mending)
            ]
        }
        let said = facts.ranks.compactMap(\.worldSize)
        if let start = facts.start, let size = said.first(where: { $0 != start.processes }) {
            return [
                .error(
                    "\(mpirun.path) started \(said.count) worlds of size \(size) instead of one of \(start.processes): it belongs to another "
                        + "MPI than lockstep's \(library)", mending)
            ]
        }
        if let failure = facts.ranks.compactMap(\.failure).first {
            return [.error("MPI does not start under \(mpirun.path): \(failure)", mending)]
        }
        if let start = facts.start, start.isOverdue, said.count < facts.ranks.count {
            return [
                .error(
                    "MPI did not start in time: \(count(facts.ranks.count, "rank")) of \(start.processes) began, \(said.count) came into one world",
                    "see network: ranks may be trying addresses that lead nowhere")
            ]
        }
        guard let start = facts.start, !facts.ranks.isEmpty else {
            let words = facts.start.map { lastWords($0) } ?? "it could not be started"
            guard facts.unreached.isEmpty else {
                return [.unknown("\(mpirun.path), \(program); not tried, since hosts do not answer", "see hosts")]
            }
            return [.error("\(mpirun.path) started no rank: \(words)", mending)]
        }
        guard start.exitCode == 0 else {
            return [.warning("\(mpirun.path) ended with exit code \(start.exitCode): \(lastWords(start))", "see what it says")]
        }
        guard program.version == library.version else {
            return [.warning("\(mpirun.path) is of \(program), lockstep is linked with \(library)", mending)]
        }
        return [.ok("\(mpirun.path), \(program); \(start.processes) ranks make one world")]
    }

    /// Open MPI refuses root without both.
    static func permission(_ facts: ClusterFacts) -> [Finding] {
        guard facts.launcher.isRoot else { return [.ok("not root")] }
        let missing = permissions.filter { facts.launcher.environment[$0] != "1" }
        guard !missing.isEmpty else { return [.ok("root, and Open MPI is told to allow it")] }
        return [
            .error(
                "this is root, and \(missing.joined(separator: " and ")) \(missing.count == 1 ? "is" : "are") not set: mpirun refuses",
                "export " + permissions.map { "\($0)=1" }.joined(separator: " "))
        ]
    }

    static let permissions = ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]

    private static func lastWords(_ start: StartFacts) -> String {
        start.isOverdue ? "it did not end in time" : start.words.suffix(3).joined(separator: " / ")
    }

    /// Another mpirun of this host, of the library's own release.
    static func rightProgram(_ launcher: LauncherFacts) -> LauncherFacts.Program? {
        launcher.otherPrograms.first { MPIRelease($0.version) == MPIRelease(launcher.library) }
    }

    private static func remedy(_ launcher: LauncherFacts) -> String {
        guard let right = rightProgram(launcher) else { return "put the mpirun of \(MPIRelease(launcher.library)) first in PATH" }
        let folder = (right.path as NSString).deletingLastPathComponent
        let isNamedSo = (right.path as NSString).lastPathComponent == "mpirun"
        return isNamedSo ? "export PATH=\(shellCommand([folder])):$PATH" : "use \(right.path)"
    }
}

/// Which MPI, as a library or an mpirun says it.
struct MPIRelease: Equatable, CustomStringConvertible {
    let name: String
    /// Empty where the text tells none.
    let version: String

    /// From `Open MPI v4.1.4, package: …`, `mpirun (Open MPI) 4.1.4`, `HYDRA build details:`, `MPICH Version: 4.0.2`, `Intel(R) MPI Library …`.
    init(_ text: String) {
        let known = [
            ("Open MPI", "Open MPI"), ("OpenRTE", "Open MPI"), ("MPICH", "MPICH"), ("HYDRA", "MPICH"),
            ("Intel(R) MPI", "Intel MPI"),
        ]
        name = known.first { text.contains($0.0) }?.1 ?? String(text.prefix(40))
        version = text.firstMatch(of: /\d+\.\d+(?:\.\d+)?/).map { String($0.0) } ?? ""
    }

    /// Releases of one series work together, those of two do not.
    var series: Substring { version.prefix { $0 != "." } }

    var description: String { version.isEmpty ? name : "\(name) \(version)" }
}
