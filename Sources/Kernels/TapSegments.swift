/// Places along one axis that read the same taps of a kernel: where a kernel hangs over the edge, its taps outside are not among them.
///
/// Place i of the segment is target `firstTarget + i·targetStep`. It reads `taps` sources, which differ in place by `tapSource`: the j-th is
/// `firstSource + i·sourceStep + j·tapSource`, and is multiplied by the kernel's tap `firstTap + j·tapStep`.
struct TapSegment: Sendable, Equatable {
    let firstTarget: Int, targetStep: Int
    private(set) var count: Int
    let firstSource: Int, sourceStep: Int
    let taps: Int
    let firstTap: Int, tapStep: Int, tapSource: Int
}

extension TapSegment {
    /// The segments of a convolution's outputs along one axis; sources are its inputs.
    ///
    /// Output p reads input p·stride − before + r·dilation by tap r.
    static func forward(
        inputs: Int, outputs: Int, kernel: Int, stride: Int, dilation: Int, before: Int
    ) -> [TapSegment] {
        segments(targets: outputs, targetStep: 1, sourceStep: stride) { p in
            (0..<kernel).compactMap { r in
                let place = p * stride - before + r * dilation
                return place >= 0 && place < inputs ? (r, place) : nil
            }
        }
    }

    /// The segments of a convolution's inputs along one axis; sources are its outputs, and taps are counted from the kernel's end, so that
    /// they rise with their sources.
    ///
    /// Input h is read by output p = (h + before − r·dilation)/stride, where that is a whole number. Which taps r these are depends on h modulo
    /// the stride: so segments take every stride-th input.
    static func backward(
        inputs: Int, outputs: Int, kernel: Int, stride: Int, dilation: Int, before: Int
    ) -> [TapSegment] {
        segments(targets: inputs, targetStep: stride, sourceStep: 1) { h in
            (0..<kernel).compactMap { tap in
                let distance = h + before - (kernel - 1 - tap) * dilation
                // Swift's remainder has the sign of its dividend; only whether it is 0 counts.
                guard distance % stride == 0 else { return nil }
                let place = distance / stride
                return place >= 0 && place < outputs ? (tap, place) : nil
            }
        }
    }

    /// - Parameter reads: the taps of a target and the place that each reads, both rising by steps that are the same for all targets.
    private static func segments(
        targets: Int, targetStep: Int, sourceStep: Int, reads: (_ target: Int) -> [(tap: Int, place: Int)]
    ) -> [TapSegment] {
        var segments: [TapSegment] = []
        for start in 0..<min(targetStep, targets) {
            var current: TapSegment?
            for target in stride(from: start, to: targets, by: targetStep) {
                let read = reads(target)
                let (first, second) = (read.first ?? (0, 0), read.dropFirst().first)
                if var same = current, same.taps == read.count,
                    read.isEmpty || same.firstTap == first.tap && first.place == same.firstSource + same.count * sourceStep
                {
                    same.count += 1
                    current = same
                } else {
                    if let current { segments.append(current) }
                    current = TapSegment(
                        firstTarget: target, targetStep: targetStep, count: 1, firstSource: first.place, sourceStep: sourceStep,
                        taps: read.count, firstTap: first.tap, tapStep: second.map { $0.tap - first.tap } ?? 1,
                        tapSource: second.map { $0.place - first.place } ?? 1)
                }
            }
            if let current { segments.append(current) }
        }
        return segments
    }
}

/// Calls `body` with the first and the number of each of the parts that `count` things fall into: as few of at most `most` as there can be, and as
/// even as they can be, since a tile of few registers keeps the core less busy.
@inline(__always)
func forEachPart(of count: Int, atMost most: Int, _ body: (_ first: Int, _ size: Int) -> Void) {
    let parts = (count + most - 1) / most
    for part in 0..<parts {
        let first = part * count / parts
        body(first, (part + 1) * count / parts - first)
    }
}
