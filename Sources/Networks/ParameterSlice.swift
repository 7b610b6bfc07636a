import Diagnostics
import Kernels

/// What one part of a divided model has of a tensor: some columns of it, [rows, columns] in an arena of its own.
public struct ParameterSlice: Sendable {
    public let whole: Parameter
    public let own: Parameter
    public let columns: Range<Int>

    private var width: Int { whole.shape.last ?? 1 }
    private var rows: Int { whole.count / width }

    /// Whether every part has all of it.
    public var isShared: Bool { columns.count == width }

    /// Takes the slice out of the whole model's arena.
    public func cut(from wholeArena: UnsafePointer<Float>, to ownArena: UnsafeMutablePointer<Float>) {
        Columns.copy(
            rows: rows, count: columns.count, from: wholeArena + whole.offset + columns.lowerBound, stride: width,
            to: ownArena + own.offset, targetStride: columns.count)
    }

    /// Puts `values`, [rows, columns], where they stand in the whole model's arena.
    public func put(_ values: UnsafePointer<Float>, into wholeArena: UnsafeMutablePointer<Float>) {
        Columns.copy(
            rows: rows, count: columns.count, from: values, stride: columns.count,
            to: wholeArena + whole.offset + columns.lowerBound, targetStride: width)
    }
}

extension DividedModel {
    /// What a part has of each tensor of `layout`, in its order.
    public func slices(ofPart part: Int) -> [ParameterSlice] {
        zip(layout.tensors, layout(ofPart: part).tensors).map { whole, own in
            require(whole.name == own.name, "a part has \(own.name) where the model has \(whole.name)")
            let width = whole.shape.last ?? 1
            let isShared = whole.shape == own.shape
            return ParameterSlice(
                whole: whole, own: own, columns: isShared ? 0..<width : Self.columns(of: width, part: part, parts: parts))
        }
    }
}
