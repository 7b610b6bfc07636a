import Diagnostics
import Glibc
import Networks

/// A fault that a test asks for by the environment variable LOCKSTEP_FAULT, on one rank:
///
/// - `seed:RANK` lets the rank take part with another seed;
/// - `flip:RANK:STEP:TENSOR` turns the lowest bit of a tensor's first value over when the step is done;
/// - `nan:RANK:STEP:TENSOR` makes the first value of a tensor's gradient a NaN before the step's sums.
enum FaultPoint: Equatable {
    case seed(rank: Int)
    case flip(rank: Int, step: Int, tensor: String)
    case nan(rank: Int, step: Int, tensor: String)

    /// - Throws: `Failure.usage` where the text is none of these.
    init(_ text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("seed", 2): if let rank = Int(parts[1]) { self = .seed(rank: rank) } else { throw Self.unknown(text) }
        case ("flip", 4), ("nan", 4):
            guard let rank = Int(parts[1]), let step = Int(parts[2]) else { throw Self.unknown(text) }
            self =
                parts[0] == "flip"
                ? .flip(rank: rank, step: step, tensor: parts[3]) : .nan(rank: rank, step: step, tensor: parts[3])
        default: throw Self.unknown(text)
        }
    }

    /// What the environment asks for; nil where it asks for nothing.
    static func inEnvironment() throws -> FaultPoint? {
        try getenv("LOCKSTEP_FAULT").map { try FaultPoint(String(cString: $0)) }
    }

    private static func unknown(_ text: String) -> Failure {
        Failure(.usage, "LOCKSTEP_FAULT: found '\(text)', expected seed:RANK, flip:RANK:STEP:TENSOR or nan:RANK:STEP:TENSOR")
    }

    func change(_ experiment: inout Experiment, rank: Int) {
        if self == .seed(rank: rank) { experiment.seed &+= 1 }
    }

    /// Before the gradients of the step that is numbered so, from 1, are summed.
    func spoilGradients(of state: TrainingState, rank: Int, step: Int) {
        guard case .nan(rank, step, let name) = self, let tensor = state.layout.tensors.first(where: { $0.name == name }) else {
            return
        }
        state.gradients.base[tensor.offset] = .nan
    }

    /// Behind the step that is numbered so.
    func spoilParameters(of state: TrainingState, rank: Int, step: Int) {
        guard case .flip(rank, step, let name) = self, let tensor = state.layout.tensors.first(where: { $0.name == name }) else {
            return
        }
        let value = state.parameters.base + tensor.offset
        value.pointee = Float(bitPattern: value.pointee.bitPattern ^ 1)
    }
}
