import Foundation
import MPI

/// One thing to be tried by all ranks together.
struct Case {
    let name: String
    let body: (Communicator, inout Findings) throws -> Void
}

/// What a rank found wrong in a case. Findings are kept rather than thrown, so that the ranks stay in step: what follows may be
/// collective.
struct Findings {
    private(set) var failures: [String] = []
    private(set) var checks = 0

    mutating func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
        checks += 1
        if !condition { failures.append(message()) }
    }

    mutating func expectEqual<T: Equatable>(_ found: T, _ expected: T, _ what: @autoclosure () -> String) {
        expect(found == expected, "\(what()): found \(found), expected \(expected)")
    }

    /// Compares element by element and tells the first difference.
    mutating func expectEqual<T: Equatable>(_ found: [T], _ expected: [T], _ what: @autoclosure () -> String) {
        expect(found.count == expected.count, "\(what()): found \(found.count) elements, expected \(expected.count)")
        let difference = zip(found, expected).enumerated().first { $1.0 != $1.1 }
        if let (index, (wrong, right)) = difference {
            expect(false, "\(what()), element \(index) of \(found.count): found \(wrong), expected \(right)")
        } else {
            checks += 1
        }
    }

    /// Runs what must fail, and returns what the error says.
    mutating func expectFailure(_ what: String, _ body: () throws -> Void) -> String {
        do {
            try body()
        } catch {
            checks += 1
            return "\(error)"
        }
        expect(false, "\(what) did not fail")
        return ""
    }
}

/// Runs the cases in order; true if all went well on all ranks, which agree on it case by case.
func runAll(_ cases: [Case]) throws -> Bool {
    let world = try MPIEnvironment.initialise()
    var good = true
    for each in cases {
        var findings = Findings()
        do { try each.body(world, &findings) } catch {
            findings.expect(false, "threw \(error)")
        }
        findings.expect(findings.checks > 0, "no check was made")
        world.largestCount = Int(Int32.max)
        let text = findings.failures.first.map { "rank \(world.rank): \($0) (\(findings.failures.count) failures)" } ?? ""
        let texts = try world.allGather(bytes: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
        let failed = texts.filter { !$0.isEmpty }
        if world.rank == 0 {
            print("case \(each.name) \(failed.isEmpty ? "ok" : "FAILED: " + failed.joined(separator: "; "))")
            // mpirun's output is no terminal, and after a hang the lines so far are wanted.
            fflush(nil)
        }
        good = good && failed.isEmpty
    }
    try MPIEnvironment.finalise()
    return good
}
