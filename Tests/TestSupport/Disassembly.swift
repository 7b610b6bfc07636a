import Foundation

/// Machine code of one function of a program, by binutils.
public struct Disassembly: Sendable {
    /// The function's symbol.
    public let symbol: String
    /// One for each instruction: mnemonic and operands, as in `vfmadd231ps %ymm1,%ymm2,%ymm3`.
    public let instructions: [String]

    /// Whether `nm` and `objdump` are in PATH; they come with binutils, which Swift's own packages ask for.
    public static var isPossible: Bool {
        ["nm", "objdump"].allSatisfy { (try? Subprocess.run($0, ["--version"]))?.exitCode == 0 }
    }

    /// All functions of `program` whose symbols hold every one of `parts`.
    public static func functions(of program: String, holding parts: [String]) throws -> [Disassembly] {
        // A program has a hundred thousand symbols: grep is quicker than Swift's text.
        let search = "nm --print-size \"$0\" | grep --fixed-strings -- \"$1\""
        return try Subprocess.run("sh", ["-c", search, program, parts.last ?? ""]).lines.compactMap { line in
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count == 4, fields[2].lowercased() == "t", parts.allSatisfy(fields[3].contains),
                let start = Int(fields[0], radix: 16), let size = Int(fields[1], radix: 16)
            else { return nil }
            let listing = try Subprocess.run(
                "objdump",
                ["-d", "--no-show-raw-insn", "--start-address=\(start)", "--stop-address=\(start + size)", program])
            // `  31f490:<tab>vmovaps …`
            let instructions = listing.lines.compactMap { line in
                line.firstMatch(of: /^\s*[0-9a-f]+:\t(.*)$/).map { $0.1.trimmingCharacters(in: .whitespaces) }
            }
            return Disassembly(symbol: fields[3], instructions: instructions)
        }
    }

    /// From the first fused multiply-add to the last: the inner loop of a register tile, and what a compiler has put into it.
    public var fusedMultiplyAdds: ArraySlice<String> {
        guard let first = instructions.firstIndex(where: Self.isFusedMultiplyAdd),
            let last = instructions.lastIndex(where: Self.isFusedMultiplyAdd)
        else { return [] }
        return instructions[first...last]
    }

    public static func isFusedMultiplyAdd(_ instruction: String) -> Bool { instruction.hasPrefix("vfmadd") }

    /// A vector register put onto the stack.
    public static func isVectorStore(_ instruction: String) -> Bool {
        instruction.contains(/^v?mov\w+\s+%[xyz]mm[0-9]+,.*\(%r[sb]p/)
    }
}
