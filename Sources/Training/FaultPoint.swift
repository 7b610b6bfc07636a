import Diagnostics
import Foundation
import Kernels
import MPI
import Networks
import Parallelism
import Recorder

/// A fault that a test asks for by the environment variable LOCKSTEP_FAULT, on one rank:
///
/// - `seed:RANK` lets the rank take part with another seed;
/// - `absent:RANK` stops the rank's process (SIGSTOP) before the first step;
/// - `kernels:RANK` lets it compute convolutions by the column matrix, whatever the experiment says;
/// - `ruin:RANK:STEP:TENSOR` makes a tensor's first value a NaN when the step begins;
/// - `nan:RANK:STEP:TENSOR` makes the first value of a tensor's gradient a NaN before the step's sums;
/// - `slow:RANK:MILLISECONDS` lets the rank sleep so long before it computes, in every step;
/// - `kill:RANK:STEP:OPERATION` kills the rank before the operation that the step program tells so, or before the one of that number in
///   it (`#7`, which begins again where there are fewer); so do
/// - `segv`, which lets it access memory that is not its own, `stop`, which stops its process (SIGSTOP), `throw`, which lets it fail by an
///   error of its own, `memory`, which leaves it no memory and lets it ask for some, and `barrier`, which lets it enter a barrier of which
///   the others know nothing;
/// - `cut:RANK:STEP:INTERFACE` takes a network interface of the rank's host down for a minute, which needs root (in a lab alone: what
///   routes led through it to other networks does not come back);
/// - `tear:RANK:STEP` kills the rank while a checkpoint of this step, or the next one, is being written;
/// - `flip:RANK:STEP:TENSOR` turns the lowest bit of a tensor's first value over when the step is done; `overflow` makes it infinite.
struct FaultPoint: Equatable {
    enum Kind: String, CaseIterable {
        case seed, absent, kernels, ruin, nan, slow, kill, segv, stop, `throw`, memory, barrier, cut, tear, flip, overflow
    }

    private let kind: Kind
    private let rank: Int
    /// From 1, and the name of a tensor or of an operation; 0 and nothing for what hangs on no step.
    private let step: Int
    private let milliseconds: Int
    private let name: String

    /// - Throws: `Failure.usage` where the text is none of these.
    init(_ text: String) throws {
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard let kind = parts.first.flatMap(Kind.init(rawValue:)), parts.count == kind.partCount, let rank = Int(parts[1]),
            let number = parts.count > 2 ? Int(parts[2]) : 0, (0...1_000_000_000).contains(number)
        else {
            let forms = Kind.allCases.map(\.form).joined(separator: ", ")
            throw Failure(.usage, "LOCKSTEP_FAULT: found '\(text)', expected one of \(forms)")
        }
        (self.kind, self.rank) = (kind, rank)
        (step, milliseconds) = kind == .slow ? (0, number) : (number, 0)
        name = parts.count == 4 ? parts[3] : ""
    }

    /// What the environment asks for; nil where it asks for nothing.
    static func inEnvironment() throws -> FaultPoint? {
        try getenv("LOCKSTEP_FAULT").map { try FaultPoint(String(cString: $0)) }
    }

    /// At the first stage of the start that is not over at once.
    func strikeStart(rank: Int) {
        if kind == .absent, rank == self.rank { raise(SIGSTOP) }
    }

    /// Before experiments are compared.
    func change(_ experiment: inout Experiment, rank: Int) {
        if kind == .seed, rank == self.rank { experiment.seed &+= 1 }
    }

    /// Behind that comparison.
    func changeKernels(of experiment: inout Experiment, rank: Int) {
        if kind == .kernels, rank == self.rank { experiment.convolution = .im2col }
    }

    /// - Parameters:
    ///   - index: of the operation, in a program of so many.
    ///   - step: from 1.
    ///   - recorder: notes what this rank waits in.
    /// - Throws: the error that was asked for.
    func strike(
        before operation: Parallelism.Operation, _ index: Int, of count: Int, _ state: TrainingState, step: Int,
        checkpoints: String,
        world: Communicator, recorder: FlightRecorder
    ) throws {
        guard world.rank == rank else { return }
        if kind == .slow, operation == .prepare { usleep(UInt32(clamping: milliseconds * 1_000)) }
        guard step == self.step else { return }
        switch (kind, operation) {
        case (.ruin, .prepare): change(state.parameters, of: state) { $0 = .nan }
        case (.nan, .check): change(state.gradients, of: state) { $0 = .nan }
        case (.cut, .prepare): try Self.cut(name)
        case (.tear, .prepare): Self.killOnceAFile(in: checkpoints)
        case (.kill, _) where isMeant(operation, index, of: count): raise(SIGKILL)
        case (.segv, _) where isMeant(operation, index, of: count): raise(SIGSEGV)
        case (.stop, _) where isMeant(operation, index, of: count): raise(SIGSTOP)
        case (.throw, _) where isMeant(operation, index, of: count):
            throw Failure(.fault, "LOCKSTEP_FAULT asked for an error before '\(operation)' of step \(step)")
        case (.memory, _) where isMeant(operation, index, of: count): Self.exhaustMemory()
        case (.barrier, _) where isMeant(operation, index, of: count):
            try recorder.during(.barrier, count: world.size) { try world.barrier() }
        default: break
        }
    }

    private func isMeant(_ operation: Parallelism.Operation, _ index: Int, of count: Int) -> Bool {
        guard name.hasPrefix("#") else { return operation.description == name }
        return Int(name.dropFirst()).map { $0 % count == index } ?? false
    }

    /// Asks for memory until the system refuses, which a limit sees to.
    private static func exhaustMemory() -> Never {
        var limit = rlimit()
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        while true { _ = AlignedFloats(count: 1 << 24).base.pointee }
    }

    /// Takes an interface down, and has it brought up again though this process may be gone by then, or before.
    private static func cut(_ interface: String) throws {
        func run(_ script: String) throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", script, interface]
            try process.run()
            return process
        }
        _ = try run(#"exec setsid sh -c 'sleep 60; ip link set dev "$0" up' "$0""#)
        let down = try run(#"ip link set dev "$0" down"#)
        down.waitUntilExit()
        guard down.terminationStatus == 0 else { throw Failure(.usage, "LOCKSTEP_FAULT: \(interface) cannot be taken down") }
    }

    /// Kills this process as soon as a temporary file stands in the directory.
    private static func killOnceAFile(in directory: String) {
        let thread = Thread {
            while true {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
                if names.contains(where: { $0.hasSuffix(".temporary") }) { raise(SIGKILL) }
            }
        }
        thread.start()
    }

    /// Behind the step that is numbered so.
    func spoilParameters(of state: TrainingState, rank: Int, step: Int) {
        guard kind == .flip || kind == .overflow, rank == self.rank, step == self.step else { return }
        change(state.parameters, of: state) { $0 = kind == .flip ? Float(bitPattern: $0.bitPattern ^ 1) : .infinity }
    }

    /// The first value of the tensor that is named; of no other.
    private func change(_ arena: AlignedFloats, of state: TrainingState, _ body: (inout Float) -> Void) {
        if let tensor = state.layout.tensors.first(where: { $0.name == name }) { body(&arena.base[tensor.offset]) }
    }
}

extension FaultPoint.Kind {
    fileprivate var partCount: Int { form.split(separator: ":").count }

    fileprivate var form: String {
        switch self {
        case .seed, .absent, .kernels: "\(rawValue):RANK"
        case .tear: "\(rawValue):RANK:STEP"
        case .slow: "\(rawValue):RANK:MILLISECONDS"
        case .ruin, .nan, .flip, .overflow: "\(rawValue):RANK:STEP:TENSOR"
        case .kill, .segv, .stop, .throw, .memory, .barrier: "\(rawValue):RANK:STEP:OPERATION"
        case .cut: "\(rawValue):RANK:STEP:INTERFACE"
        }
    }
}
