import Diagnostics
import Glibc
import Kernels
import Networks
import Parallelism

/// A fault that a test asks for by the environment variable LOCKSTEP_FAULT, on one rank:
///
/// - `seed:RANK` lets the rank take part with another seed;
/// - `kernels:RANK` lets it compute convolutions by the column matrix, whatever the experiment says;
/// - `ruin:RANK:STEP:TENSOR` makes a tensor's first value a NaN when the step begins;
/// - `nan:RANK:STEP:TENSOR` makes the first value of a tensor's gradient a NaN before the step's sums;
/// - `slow:RANK:MILLISECONDS` lets the rank sleep so long before it computes, in every step;
/// - `kill:RANK:STEP:OPERATION` kills the rank before the operation that the step program tells so;
/// - `flip:RANK:STEP:TENSOR` turns the lowest bit of a tensor's first value over when the step is done.
struct FaultPoint: Equatable {
    enum Kind: String, CaseIterable { case seed, kernels, ruin, nan, slow, kill, flip }

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

    /// Before experiments are compared.
    func change(_ experiment: inout Experiment, rank: Int) {
        if kind == .seed, rank == self.rank { experiment.seed &+= 1 }
    }

    /// Behind that comparison.
    func changeKernels(of experiment: inout Experiment, rank: Int) {
        if kind == .kernels, rank == self.rank { experiment.convolution = .im2col }
    }

    /// - Parameter step: from 1.
    func strike(before operation: Operation, _ state: TrainingState, rank: Int, step: Int) {
        guard rank == self.rank else { return }
        if kind == .slow, operation == .prepare { usleep(UInt32(clamping: milliseconds * 1_000)) }
        guard step == self.step else { return }
        switch (kind, operation) {
        case (.ruin, .prepare): change(state.parameters, of: state) { $0 = .nan }
        case (.nan, .check): change(state.gradients, of: state) { $0 = .nan }
        case (.kill, _) where operation.description == name: raise(SIGKILL)
        default: break
        }
    }

    /// Behind the step that is numbered so.
    func spoilParameters(of state: TrainingState, rank: Int, step: Int) {
        guard kind == .flip, rank == self.rank, step == self.step else { return }
        change(state.parameters, of: state) { $0 = Float(bitPattern: $0.bitPattern ^ 1) }
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
        case .seed, .kernels: "\(rawValue):RANK"
        case .slow: "\(rawValue):RANK:MILLISECONDS"
        case .ruin, .nan, .flip: "\(rawValue):RANK:STEP:TENSOR"
        case .kill: "\(rawValue):RANK:STEP:OPERATION"
        }
    }
}
