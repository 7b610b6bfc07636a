import Diagnostics
import Foundation

/// The mpirun programs of this host.
enum MPIPrograms {
    /// Those of PATH, and those that stand where distributions put them; `isFirst` is the one that a shell takes.
    ///
    /// - Parameter folder: for what they say.
    static func found(in path: String, folder: String) throws -> [(program: LauncherFacts.Program, isFirst: Bool)] {
        let own = path.split(separator: ":").map { "\($0)/mpirun" }
        let usual = ["/usr/bin/mpirun", "/usr/local/bin/mpirun", "/usr/lib64/openmpi/bin/mpirun", "/usr/bin/mpirun.openmpi"]
        var seen: Set<String> = []
        let programs = (own + usual).filter { FileManager.default.isExecutableFile(atPath: $0) && seen.insert($0).inserted }
        let first = own.first { FileManager.default.isExecutableFile(atPath: $0) }
        return try programs.map { path in
            (LauncherFacts.Program(path: path, version: try version(of: path, output: "\(folder)/version.txt")), path == first)
        }
    }

    /// What a program says to --version: its first two lines, for MPICH's tells its version on the second.
    private static func version(of program: String, output: String) throws -> String {
        let question = Program(path: program, arguments: ["--version"], output: .file(output))
        guard (try? within(seconds: 10, { try question.run(ending: $0) })) != nil else { return "" }
        let lines = ((try? String(contentsOfFile: output, encoding: .utf8)) ?? "").split(separator: "\n")
        return lines.prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }
}
