import Foundation
import Testing

/// A line of code knows its room.
@Suite struct RoomTests {
    @Test func theSweepReadsTheSources() throws {
        let files = try SourceTree.swiftFiles()
        #expect(files.count > 50 && files.contains { $0.path == "Sources/Training/Trainer.swift" })
    }

    @Test func onlyMPISaysMPI() throws {
        try expectNone(of: /\bMPI_/, except: ["MPI"], "says MPI_: that is the room of Sources/MPI")
    }

    @Test func onlyCommandsPrint() throws {
        try expectNone(
            of: /(?:^|[^\w.])(?:debugPrint|print|dump)\(/, except: ["lockstep"], "prints: that is the room of Sources/lockstep")
    }

    @Test func onlyCommandsEndTheProcess() throws {
        try expectNone(of: /(?:^|[^\w.])_?exit\(/, except: ["lockstep"], "ends the process: that is the room of Sources/lockstep")
    }

    @Test func theSystemsReasonIsToldInOnePlace() throws {
        try expectNone(
            of: /\blocalizedDescription\b|\bstrerror\(/, except: ["Diagnostics"],
            "tells the system's reason: use reason or systemText")
    }

    @Test func nothingIsForced() throws {
        try expectNone(of: /\btry!|\bas!|\bprecondition(Failure)?\(/, except: [], "forces: throw a Failure, or use require")
        try expectNone(of: /[\w\)\]]!(?=[.\)\],;\s]|$)(?!=)/, except: [], "unwraps by force")
    }

    @Test func nothingIsLeftForLater() throws {
        for file in try SourceTree.swiftFiles() {
            let text = try String(contentsOfFile: "\(SourceTree.root)/\(file.path)", encoding: .utf8)
            #expect(!text.contains(/\b(TODO|FIXME|XXX|HACK)\b/), "\(file.path) leaves something for later")
        }
    }

    @Test func noFileHasASecondConcern() throws {
        for file in try SourceTree.swiftFiles() {
            #expect(file.code.count <= 400, "\(file.path) has \(file.code.count) lines: look for its second concern")
        }
    }

    private func expectNone(of pattern: Regex<some Any>, except modules: Set<String>, _ complaint: String) throws {
        for file in try SourceTree.swiftFiles() where !modules.contains(file.module) {
            for (number, line) in file.code.enumerated() where line.contains(pattern) {
                Issue.record("\(file.path):\(number + 1) \(complaint): \(line.trimmingCharacters(in: .whitespaces))")
            }
        }
    }
}
