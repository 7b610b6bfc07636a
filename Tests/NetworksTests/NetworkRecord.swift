import Foundation

@testable import Networks

/// What `make_networks.py` or `make_large_networks.py` has written of one network.
struct NetworkRecord: Decodable {
    /// Gradients are stored at every k-th value, so that at most so many are left.
    private static let sampled = 48
    static let projectionStream = 900

    struct Tensor: Decodable {
        let name: String
        let projection: Double
        /// The gradient's sum of squares; only of large models.
        let squares: Double?
        /// What PyTorch's float32 is off by at most; only of large models.
        let deviation: Double?
    }

    /// What PyTorch's float32 is off by at most, in the outputs of either pass and in running means and variances in turn.
    struct Deviations: Decodable {
        let training: Double
        let evaluation: Double
        let statistics: [Double]
    }

    enum CodingKeys: String, CodingKey {
        case name, model, batch, loss, stream, training, evaluation, parameters, statistics, deviations
    }

    private struct Smoothed: Decodable {
        enum CodingKeys: String, CodingKey { case softmax }
        let softmax: [String: Double]
    }

    let name: String
    let model: Model
    let batch: Int
    let loss: Loss
    /// Of the images' hashed numbers.
    let stream: Int
    /// The summed losses.
    let training: Double
    let evaluation: Double
    let parameters: [Tensor]
    /// The BatchNorm layers' names.
    let statistics: [String]
    /// Only of large models.
    let deviations: Deviations?
    /// Outputs, sampled gradients, running means and variances, outputs in evaluation.
    private(set) var values: [Float] = []

    /// The deviations as what a run is sensitive to.
    var sensitivity: NetworkRun.Sensitivity? {
        deviations.map { .init(training: $0.training, evaluation: $0.evaluation, gradients: parameters.map { $0.deviation ?? 0 }) }
    }

    /// How far sampled values of a tensor lie apart: odd, so that they do not all lie in one channel.
    static func stride(of count: Int) -> Int { ((count + sampled - 1) / sampled) | 1 }

    /// - Parameter name: of the files, `networks` or `large-networks`.
    static func all(of name: String) throws -> [NetworkRecord] {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
        let bytes = try Data(contentsOf: directory.appendingPathComponent(name + ".bin"))
        var values = bytes.withUnsafeBytes { raw in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }[...]
        let records = try JSONDecoder().decode(
            [NetworkRecord].self, from: Data(contentsOf: directory.appendingPathComponent(name + ".json")))
        return try records.map { record in
            let count = try record.valueCount()
            defer { values = values.dropFirst(count) }
            var filled = record
            filled.values = Array(values.prefix(count))
            return filled
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        model = try container.decode(Model.self, forKey: .model)
        batch = try container.decode(Int.self, forKey: .batch)
        if let name = try? container.decode(String.self, forKey: .loss) {
            loss = name == "euclidean" ? .euclidean : .softmax(labelSmoothing: 0)
        } else {
            let settings = try container.decode(Smoothed.self, forKey: .loss).softmax
            loss = .softmax(labelSmoothing: settings["label-smoothing", default: 0])
        }
        stream = try container.decode(Int.self, forKey: .stream)
        training = try container.decode(Double.self, forKey: .training)
        evaluation = try container.decode(Double.self, forKey: .evaluation)
        parameters = try container.decode([Tensor].self, forKey: .parameters)
        statistics = try container.decode([String].self, forKey: .statistics)
        deviations = try container.decodeIfPresent(Deviations.self, forKey: .deviations)
    }

    private func valueCount() throws -> Int {
        let layout = ParameterLayout(try model.resolvedLayers())
        let gradients = layout.parameters.reduce(0) { $0 + ($1.count + Self.stride(of: $1.count) - 1) / Self.stride(of: $1.count) }
        return 2 * batch * model.classes + gradients + layout.statistics.reduce(0) { $0 + 2 * $1.mean.count }
    }
}
