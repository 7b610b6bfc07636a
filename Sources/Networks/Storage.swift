import Kernels

/// Where every value of a plan stands: in memory for the whole micro-batch, or in memory for one tile, where no other pass needs what a pass
/// leaves there; weights as kernels lay them out stand in the latter. Values that are not needed at the same time share memory.
struct Storage {
    /// Bytes for each sample of the plan's capacity, and bytes beside them.
    private(set) var bytesPerSample = 0
    private(set) var tileBytes = 0
    private var places: [Place?]

    private enum Place {
        /// Bytes per sample in front of it.
        case whole(Int)
        /// Bytes in front of it.
        case tile(Int)
    }

    /// - Parameters:
    ///   - keepsWeights: whether laid out weights stay for the passes of other micro-batches.
    ///   - turn: what is read and written between the two directions, for the whole micro-batch.
    ///   - result: what is read behind the way back.
    ///   - sizes: of all values.
    init(_ passes: Passes, keepsWeights: Bool, turn: Use, result: Value?, sizes: ValueSizes) {
        places = Array(repeating: nil, count: sizes.count)
        var lives = Array(repeating: Life(), count: sizes.count)
        var clock = 0
        for pass in passes.forward { lives.record(pass, &clock) }
        for value in turn.values { lives[value.index].note(clock, in: clock...clock, isFirstWrite: false, tile: 0) }
        clock += 1
        for pass in passes.backward { lives.record(pass, &clock) }
        if let result { lives[result.index].note(clock, in: clock...clock, isFirstWrite: false, tile: 0) }

        var (whole, tile) = (Packing(), Packing())
        let values = (1..<sizes.count).map(Value.init).filter { lives[$0.index].isUsed }
        for value in values.sorted(by: { (sizes[$0], $1.index) > (sizes[$1], $0.index) }) {
            let life = lives[value.index]
            places[value.index] =
                if sizes.isWeights(value) {
                    .tile(tile.place(sizes[value], during: [keepsWeights ? 0...clock : life.all]))
                } else if life.isWhole {
                    .whole(whole.place(sizes[value], during: [life.all]))
                } else {
                    .tile(tile.place(sizes[value] * life.largestTile, during: life.spans))
                }
        }
        (bytesPerSample, tileBytes) = (whole.bytes, tile.bytes)
    }

    /// The slots of all values in `whole`, which holds `bytesPerSample` for each of `capacity` samples, and in `tile` of `tileBytes`. That
    /// of the images is to be set.
    func slots(
        _ sizes: ValueSizes, whole: UnsafeMutableRawPointer, capacity: Int, tile: UnsafeMutableRawPointer
    ) -> [Tile.Slot] {
        places.enumerated().map { index, place in
            let size = sizes[Value(index: index)]
            return switch place {
            case .whole(let offset): Tile.Slot(base: whole + offset * capacity, bytesPerSample: size)
            case .tile(let offset): Tile.Slot(base: tile + offset, bytesPerSample: 0)
            // Of the images, and of what no pass uses.
            case nil: Tile.Slot(base: whole, bytesPerSample: size)
            }
        }
    }
}

/// When a value is in use, on a clock that ticks with each action of the passes as they run one after another.
private struct Life {
    /// From its first to its last action in each pass that uses it.
    private(set) var spans: [ClosedRange<Int>] = []
    /// From the start of the first of these passes to the end of the last one.
    private(set) var all = 0...0
    /// Whether a pass begins with what another has left.
    private(set) var isWhole = false
    private(set) var largestTile = 0
    private var pass: ClosedRange<Int>?

    var isUsed: Bool { pass != nil }

    mutating func note(_ time: Int, in pass: ClosedRange<Int>, isFirstWrite: Bool, tile: Int) {
        if self.pass == pass, let last = spans.last {
            spans[spans.count - 1] = last.lowerBound...time
        } else {
            spans.append(time...time)
            all = (self.pass == nil ? pass.lowerBound : all.lowerBound)...pass.upperBound
            isWhole = isWhole || !isFirstWrite
            largestTile = max(largestTile, tile)
            self.pass = pass
        }
    }
}

extension [Life] {
    fileprivate mutating func record(_ pass: Pass, _ clock: inout Int) {
        let uses = pass.uses
        let whole = clock...(clock + uses.count - 1)
        for (time, use) in uses.enumerated() {
            for value in Set(use.values) {
                self[value.index].note(
                    clock + time, in: whole, isFirstWrite: !use.reads.contains(value),
                    tile: Swift.max(pass.tile, pass.evaluationTile))
            }
        }
        clock += uses.count
    }
}

/// Memory that is given out by the first gap that is large enough while it is needed.
private struct Packing {
    private var given: [(offset: Int, size: Int, spans: [ClosedRange<Int>])] = []
    private(set) var bytes = 0

    /// The offset of `size` bytes, rounded up to whole cache lines.
    mutating func place(_ size: Int, during spans: [ClosedRange<Int>]) -> Int {
        let size = (size + AlignedFloats.alignment - 1) / AlignedFloats.alignment * AlignedFloats.alignment
        let rivals = given.filter { other in spans.contains { span in other.spans.contains(where: span.overlaps) } }
        var offset = 0
        for rival in rivals.sorted(by: { $0.offset < $1.offset }) {
            if offset + size <= rival.offset { break }
            offset = max(offset, rival.offset + rival.size)
        }
        given.append((offset, size, spans))
        bytes = max(bytes, offset + size)
        return offset
    }
}
