import MPI

/// The node's window, as exchanges see it: what stands where in each rank's region.
struct NodeMemory {
    private let window: SharedWindow
    private let layouts: [WindowLayout]

    /// Collective over the node.
    init(node: Communicator, plan: ExchangePlan, floats: Int, buckets: [Range<Int>]) throws {
        layouts = (0..<node.size).map { place in
            let mailboxBytes = buckets.map {
                BucketMailboxes.byteCount(
                    count: $0.count, partialSums: plan.partialSums(ofPlace: place), nodes: plan.map.nodes.count)
            }
            return WindowLayout(floats: floats, slots: plan.slots(ofPlace: place), mailboxBytes: mailboxBytes)
        }
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

    func hasMailboxes(bucket: Int) -> Bool { layouts[0].hasMailboxes(bucket) }

    /// A mailbox begins with its counter.
    func mailboxCounter(bucket: Int, parity: Int, of place: Int) -> SharedCounter {
        window.counter(ofRank: place, atByte: layouts[place].mailbox(bucket, parity: parity))
    }

    func mailbox(bucket: Int, parity: Int, of place: Int) -> UnsafeMutableRawPointer {
        window.base(ofRank: place) + layouts[place].mailbox(bucket, parity: parity)
    }

    /// Collective over the node.
    func free() throws { try window.free() }
}
