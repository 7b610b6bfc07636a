import Foundation

@testable import Training

/// What `make_trajectories.py` has written of one case.
struct TrajectoryRecord: Decodable {
    /// Tensors are stored at every k-th value, so that at most so many are left.
    private static let sampled = 12

    struct Tensor: Decodable {
        let values: [Double]
        /// What PyTorch's float32 is off by at most.
        let deviation: Double
    }

    let name: String
    let experiment: Experiment
    /// Of the images of an epoch's first step.
    let stream: Int
    let rates: [Double]
    /// The mean loss before each step.
    let losses: [Double]
    /// Of the losses, as of a tensor.
    let deviation: Double
    let tensors: [Tensor]

    /// How far sampled values of a tensor lie apart: odd, so that they do not all lie in one channel.
    static func stride(of count: Int) -> Int { ((count + sampled - 1) / sampled) | 1 }

    static func all() throws -> [TrajectoryRecord] {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
        return try JSONDecoder().decode(
            [TrajectoryRecord].self, from: Data(contentsOf: golden.appendingPathComponent("trajectories.json")))
    }
}
