import Diagnostics
import Parallelism

/// Linear layers take a step behind each of several passes over a global batch, all other layers one behind the last: the former learn from
/// batches that are smaller by the number of passes, at the same learning rate. Momentum, too, goes on with each pass.
///
/// Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997, section 4.2.
public struct VariableBatch: Sendable, Equatable {
    /// Nil for as many as there are ranks when training begins.
    public var passes: Int?
    /// Which samples make a pass: `b`, a share of neighbouring micro-batches; `c`, an equal part of each share.
    public var scheme: HybridScheme

    public init(passes: Int? = nil, scheme: HybridScheme) { (self.passes, self.scheme) = (passes, scheme) }

    func validate(microBatches: Int) throws {
        if let passes, !(1...microBatches).contains(passes) {
            throw Failure(
                .usage,
                "variable-batch.passes (--variable-batch): found \(passes), expected a number from 1 to the \(microBatches) micro-batches"
            )
        }
        guard scheme != .a else {
            throw Failure(
                .usage, "variable-batch: scheme a takes the whole global batch in one pass; give --scheme b or --scheme c")
        }
    }
}

extension VariableBatch: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case passes, scheme }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        self.init(
            passes: try container.decodeIfPresent(Int.self, forKey: .passes),
            scheme: try container.decode(HybridScheme.self, forKey: .scheme))
    }
}
