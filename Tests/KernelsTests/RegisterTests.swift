import Foundation
import Kernels
import TestSupport
import Testing

/// The accumulators of the register tiles stay in registers: read from the machine code of this very build. A compiler that runs out of them, or
/// finds one indexed by a variable, stores and loads it around each multiply-add, and the kernel takes several times as long.
@Suite(.enabled(if: Disassembly.isPossible, "nm and objdump (binutils) are not here: the machine code cannot be read"))
struct RegisterTests {
    /// Parts of a kernel's symbol, and the accumulators of its tile.
    struct Kernel: Sendable, CustomTestStringConvertible {
        let parts: [String]
        let accumulators: Int
        var testDescription: String { parts.joined(separator: " ") }
    }

    /// The largest tiles of sample blocks, as a symbol ends in their rows and columns less one.
    private static let sampleTile = SampleBlocks.lanes == 16 ? "$5__$3_" : "$2__$3_"
    private static let sampleAccumulators = SampleBlocks.lanes == 16 ? 24 : 12

    static let kernels = [
        Kernel(parts: ["7Kernels9PixelTile", "gather", sampleTile], accumulators: sampleAccumulators),
        Kernel(parts: ["7Kernels7TapTile", "accumulate", sampleTile], accumulators: sampleAccumulators),
        Kernel(parts: ["7Kernels5Panel", "twelveByEight"], accumulators: 12),
        Kernel(parts: ["7Kernels5Block", "sixByTwo"], accumulators: 12),
        Kernel(parts: ["7Kernels5Block", "sixByOne"], accumulators: 6),
        Kernel(parts: ["7Kernels5Block", "transposedSixBySixteen"], accumulators: 12),
        Kernel(parts: ["7Kernels13RegisterPanel", "sixByTwo"], accumulators: 12),
        Kernel(parts: ["7Kernels13RegisterPanel", "sixByOne"], accumulators: 6),
        Kernel(parts: ["7Kernels13RegisterPanel", "fourByTwo"], accumulators: 8),
        Kernel(parts: ["7Kernels13RegisterPanel", "fourByOne"], accumulators: 4),
        Kernel(parts: ["7Kernels", "FusedMultiplyAdd", "eightLanes"], accumulators: 12),
    ]
    /// Where vectors are AVX-512's, with its 32 registers.
    static let wideKernels = [
        Kernel(parts: ["7Kernels5Panel", "twelveByTwo"], accumulators: 24),
        Kernel(parts: ["7Kernels5Panel", "twelveByOne"], accumulators: 12),
        Kernel(parts: ["7Kernels5Block", "twelveByTwo"], accumulators: 24),
        Kernel(parts: ["7Kernels5Block", "twelveByOne"], accumulators: 12),
        Kernel(parts: ["7Kernels5Block", "nineByTwo"], accumulators: 18),
        Kernel(parts: ["7Kernels5Block", "nineByOne"], accumulators: 9),
        Kernel(parts: ["7Kernels13RegisterPanel", "twelveByTwo"], accumulators: 24),
        Kernel(parts: ["7Kernels13RegisterPanel", "twelveByOne"], accumulators: 12),
    ]
    /// Where they are AVX2's, with its 16.
    static let narrowKernels = [Kernel(parts: ["7Kernels5Panel", "sixByTwo"], accumulators: 12)]
    static let builtKernels = kernels + (SampleBlocks.lanes == 16 ? wideKernels : narrowKernels)

    @Test(arguments: builtKernels) func noAccumulatorIsStoredInTheLoop(kernel: Kernel) throws {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let found = try Disassembly.functions(of: program, holding: kernel.parts)
        #expect(found.count == 1, "\(found.map(\.symbol)): renamed, or inlined where its registers are shared with other code")
        for function in found {
            let loop = function.fusedMultiplyAdds
            #expect(
                loop.count(where: Disassembly.isFusedMultiplyAdd) >= kernel.accumulators,
                "\(function.symbol): \(function.instructions)")
            let stores = loop.filter(Disassembly.isVectorStore)
            #expect(stores.isEmpty, "\(function.symbol) stores \(stores.count) vectors: \(stores)")
        }
    }

    @Test func whatCountsAsAStore() {
        let stores = [
            "vmovaps %ymm3,0x40(%rsp)", "vmovups %zmm31,-0x80(%rbp)", "movaps %xmm0,(%rsp)", "vmovdqu %ymm1,(%rsp,%rax,4)",
        ]
        let others = ["vmovaps 0x40(%rsp),%ymm3", "vmovups %ymm3,(%rdi)", "vbroadcastss (%rsp),%ymm1", "mov %rax,0x8(%rsp)"]
        #expect(stores.allSatisfy(Disassembly.isVectorStore) && !others.contains(where: Disassembly.isVectorStore))
    }
}
