import CProcessor
import Foundation
import TestSupport
import Testing

/// A build meets a CPU that lacks what it was built for.
@Suite struct ProcessorTests {
    private func complaint(required: String, flags: String) throws -> String? {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/cpuinfo"
            try Data("processor\t: 0\nmodel name\t: flags of avx2\nflags\t\t: \(flags)\nflags\t\t: all\n".utf8)
                .write(to: URL(fileURLWithPath: path))
            return processor_complaint(required, path).map { String(cString: $0) }
        }
    }

    @Test func whatIsMissingIsNamed() throws {
        #expect(try complaint(required: "avx2 fma ", flags: "sse fma avx2 bmi1") == nil)
        #expect(try complaint(required: "", flags: "sse") == nil)
        let two = try #require(try complaint(required: "avx avx2 fma ", flags: "sse avx fma4 avx512f"))
        #expect(two.hasPrefix("error: ") && two.contains("lacks avx2 fma. ") && two.contains("scripts/build"), "\(two)")
        // A name within another is not that name.
        #expect(try complaint(required: "avx", flags: "avx2 xavx") != nil)
        #expect(try complaint(required: "avx2", flags: "") != nil)
    }

    @Test func whereNothingTellsNothingIsRefused() throws {
        #expect(processor_complaint("avx2", "/nowhere/cpuinfo") == nil)
        #expect(processor_complaint("avx2", "/dev/null") == nil)
        // Of the CPU at hand, which runs this very build.
        #expect(processor_complaint("", nil) == nil)
    }

    @Test(.enabled(if: hasInstructionSets, "built for every CPU: there is nothing to lack"))
    func theCommandEndsBeforeAnythingElse() throws {
        try Workplace.with(training: 10, test: 10) { place in
            let cpuinfo = try place.write("flags\t\t: fpu sse sse2\n", "cpuinfo")
            for arguments in [["--version"], ["train"], ["bench", "step", "--models", "lenet5"], ["no such command"]] {
                let run = try place.lockstep(arguments, environment: ["LOCKSTEP_CPUINFO": cpuinfo])
                expectFailure(run, code: 69, "this one lacks", "scripts/build", within: 5)
                #expect(run.standardOutput.isEmpty, "\(run.report)")
            }
        }
    }

    /// The check itself uses no vector instructions beyond those of every x86-64.
    @Test(.enabled(if: Disassembly.isPossible, "nm and objdump (binutils) are not here: the machine code cannot be read"))
    func theCheckRunsOnEveryCPU() throws {
        let program = try buildProduct(named: "lockstep")
        for parts in [["processor_complaint"], ["14ProcessorCheckO3run"]] {
            let found = try Disassembly.functions(of: program, holding: parts)
            #expect(!found.isEmpty, "\(parts)")
            for function in found {
                #expect(!function.instructions.isEmpty && !function.instructions.contains { $0.hasPrefix("v") }, "\(function)")
            }
        }
    }

    @Test func theVersionSaysWhatItWasBuiltFor() throws {
        let run = try Subprocess.run(try buildProduct(named: "lockstep"), ["--version"], timeLimit: 20)
        #expect(run.standardOutput.contains(/^[0-9.]+, built for \S/), "\(run.report)")
        #expect(Self.hasInstructionSets != run.standardOutput.contains("every CPU"), "\(run.report)")
    }

    private static let hasInstructionSets: Bool = {
        guard let program = try? buildProduct(named: "lockstep") else { return false }
        return (try? Subprocess.run(program, ["--version"]))?.standardOutput.contains(#/ (avx|ssse3|popcnt) /#) ?? false
    }()
}
