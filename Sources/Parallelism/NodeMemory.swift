import MPI

/// The node's window, as exchanges see it: what stands where in each rank's region.
struct NodeMemory {
    private let window: SharedWindow
    private let layouts: [WindowLayout]

    /// Collective over the node.
    init(node: Communicator, plan: ExchangePlan, floats: Int, buckets: Int) throws {
        layouts = (0..<node.size).map { WindowLayout(floats: floats, slots: plan.slots(ofPlace: $0), buckets: buckets) }
        window = try SharedWindow(on: node, byteCount: layouts[node.rank].byteCount)
    }

    var places: Range<Int> { layouts.indices }

    /// How many exchanges of a bucket a rank has begun: its partial sums stand still, and its arena may be written.
    func posted(_ place: Int, bucket: Int) -> SharedCounter {
        window.counter(ofRank: place, atByte: layouts[place].posted(bucket))
    }

    /// For how many exchanges of a bucket an owner has written its part to every arena, and needs no partial sum any more.
    func stored(_ place: Int, bucket: Int) -> SharedCounter {
        window.counter(ofRank: place, atByte: layouts[place].stored(bucket))
    }

    func slot(_ number: Int, of place: Int) -> UnsafeMutableRawPointer {
        window.base(ofRank: place) + layouts[place].slot(number)
    }

    /// A float of a slot, by its place in the arena.
    func float(_ index: Int, slot: Int, of place: Int) -> UnsafeMutableRawPointer {
        self.slot(slot, of: place) + index * MemoryLayout<Float>.stride
    }

    /// Collective over the node.
    func free() throws { try window.free() }
}
