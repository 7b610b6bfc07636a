import CLibFuzzer
import Foundation
import FuzzTargets

// The fuzzer's program, for scripts/fuzz:
//   fuzz                     names all parsers, with the longest input and the largest allocation of each, for libFuzzer's options
//   fuzz NAME --seeds DIR    writes that parser's seeds
//   fuzz NAME ARGUMENT…      runs libFuzzer with its own arguments

/// The parser that the first argument names.
enum Chosen {
    static let target = FuzzTarget.all.first { $0.name == CommandLine.arguments.dropFirst().first }
}

func end(_ words: String) -> Never {
    FileHandle.standardError.write(Data("error: \(words)\n".utf8))
    exit(64)
}

if CommandLine.arguments.count == 1 {
    for target in FuzzTarget.all { print(target.name, target.longestInput, target.largestAllocation) }
    exit(0)
}
guard let target = Chosen.target else {
    end("no parser is called \(CommandLine.arguments[1]); known are \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
}
if CommandLine.arguments.count == 4, CommandLine.arguments[2] == "--seeds" {
    for (number, seed) in try target.seeds().enumerated() {
        try Data(seed).write(to: URL(fileURLWithPath: "\(CommandLine.arguments[3])/seed-\(number)"))
    }
    exit(0)
}
// libFuzzer sees its own arguments only.
var arguments = CommandLine.unsafeArgv + 1
arguments[0] = CommandLine.unsafeArgv[0]
var count = CommandLine.argc - 1
var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = arguments
exit(
    LLVMFuzzerRunDriver(&count, &pointer) { bytes, count in
        Chosen.target?.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    })
