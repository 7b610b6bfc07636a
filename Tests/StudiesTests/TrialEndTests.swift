import Foundation
import TestSupport
import Testing

@testable import Studies

/// What is kept of a run's last words.
@Suite struct TrialEndTests {
    private static let dashes = String(repeating: "-", count: 74)

    /// What Open MPI 4.1 says of a rank that was killed.
    private static let killed = """
        epoch 1: test accuracy 0.25
        epoch 2: test accuracy 0.31
        \(dashes)
        Primary job  terminated normally, but 1 process returned
        a non-zero exit code. Per user-direction, the job has been aborted.
        \(dashes)
        \(dashes)
        mpirun noticed that process rank 0 with PID 0 on node vm exited on signal 9 (Killed).
        \(dashes)

        """

    private func words(_ text: String, code: Int32, attempts: Int = 1) throws -> [String] {
        try withTemporaryDirectory { directory in
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/output.txt"))
            return TrialEnd.lastWords(of: "\(directory)/output.txt", code: code, attempts: attempts)
        }
    }

    @Test func aSignalIsToldWithoutItsFrame() throws {
        let epochs = ["epoch 1: test accuracy 0.25", "epoch 2: test accuracy 0.31"]
        #expect(try words(Self.killed, code: 137) == epochs + ["ended by signal 9 (Killed)"])
        #expect(try words("", code: 137, attempts: 3) == ["ended by signal 9 (Killed), in each of 3 attempts"])
    }

    @Test func aRunsOwnErrorComesFirst() throws {
        let text = "error: disk full\n" + Self.killed
        #expect(try words(text, code: 74) == ["error: disk full"])
        #expect(try words(text, code: 137) == ["error: disk full", "ended by signal 9 (Killed)"])
    }

    /// Where nothing else is said, what mpirun says is kept, and its dashes are not.
    @Test func mpirunsWordsWhereThereAreNoOthers() throws {
        let text = "\(Self.dashes)\nThere are not enough slots available in the system.\n\(Self.dashes)\n"
        #expect(try words(text, code: 1) == ["There are not enough slots available in the system."])
    }

    @Test(arguments: [
        (0, false), (64, false), (70, false), (76, false), (1, true), (74, true), (137, true), (143, true), (255, false),
    ])
    func whatMayPass(code: Int32, isInterruption: Bool) {
        #expect(TrialEnd.isInterruption(code) == isInterruption)
    }
}
