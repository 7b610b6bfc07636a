import Kernels
import MPI

/// What the owners of one bucket's parts, one on each node, send each other: their nodes' partial sums of each other's parts, and then the
/// sum of their own.
///
/// For n nodes of one partial sum each, 2 (n − 1) / n of the bucket's values leave each node, in 2 (n − 1) messages of each owner.
final class BucketMessages {
    /// Where the sum of this rank's part is put to be sent.
    private let own: UnsafeMutableRawBufferPointer
    /// For each node: where each of this node's partial sums of that node's part is written.
    let partialSums: [[[UnsafeMutableRawPointer]]]
    /// All nodes' partial sums of this rank's part, as the plan's combination for the world wants them.
    let parts: [UnsafeMutableRawPointer]
    /// The bytes that this rank sends for its node: partial sums, and sums.
    let byteCounts: (partialSums: Int, sums: Int)

    private let communicator: Communicator
    private let tags: (partialSums: Int, sums: Int)
    private let memory: UnsafeMutableRawPointer
    private let peers: [Peer]

    /// The owner of the same slice on another node.
    private struct Peer {
        let rank: Int
        let node: Int
        let outgoing: UnsafeMutableRawBufferPointer
        let incoming: UnsafeMutableRawBufferPointer
        let sum: UnsafeMutableRawBufferPointer
        let partialSumsOut = Request()
        let partialSumsIn = Request()
        let sumOut = Request()
        let sumIn = Request()

        var all: [Request] { [partialSumsOut, partialSumsIn, sumOut, sumIn] }
    }

    /// So many buckets can be told apart by two tags each.
    static let largestBucketCount = Communicator.tags.count / 2

    init(communicator: Communicator, plan: ExchangePlan, division: BucketDivision, bucket: Int, wire: WireType) {
        let map = plan.map
        let part = map.nodes.indices.map { division.part(ofOwner: map.place, onNode: $0).count * wire.bytesPerValue }
        let ownBytes = part[map.node]
        let others = map.nodes.indices.map { $0 == map.node ? 0 : part[$0] }
        // Partial sums out, partial sums in (this node's own among them), sums in, the sum out.
        let results = plan.nodes.map(\.results.count)
        let lengths = others.map { $0 * results[map.node] } + results.map { $0 * ownBytes } + others + [ownBytes]
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: lengths.map(wholeLines).reduce(0, +), alignment: SharedWindow.alignment)
        var end = memory
        let pieces = lengths.map { length in
            defer { end += wholeLines(length) }
            return UnsafeMutableRawBufferPointer(start: end, count: length)
        }
        let n = map.nodes.count
        let (out, incoming, sums) = (pieces[..<n], Array(pieces[n..<2 * n]), Array(pieces[2 * n..<3 * n]))
        own = pieces[3 * n]
        func places(in piece: UnsafeMutableRawBufferPointer, _ count: Int, bytes: Int) -> [UnsafeMutableRawPointer] {
            (0..<count).compactMap { number in piece.baseAddress.map { $0 + number * bytes } }
        }
        partialSums = map.nodes.indices.map {
            places(in: $0 == map.node ? incoming[$0] : out[$0], results[map.node], bytes: part[$0]).map { [$0] }
        }
        let all = map.nodes.indices.map { places(in: incoming[$0], results[$0], bytes: ownBytes) }
        parts = plan.worldParts.map { all[$0.holder][$0.number] }
        peers = map.nodes.indices.filter { $0 != map.node }.map {
            Peer(rank: map.nodes[$0][map.place], node: $0, outgoing: out[$0], incoming: incoming[$0], sum: sums[$0])
        }
        byteCounts = (peers.map(\.outgoing.count).reduce(0, +), peers.count * ownBytes)
        tags = (2 * bucket, 2 * bucket + 1)
        (self.communicator, self.memory) = (communicator, memory)
    }

    deinit { memory.deallocate() }

    /// Begins to receive, before anything can come.
    func startReceiving(partialSums: Bool, sums: Bool) throws {
        for peer in peers {
            if partialSums { try receive(peer.incoming, from: peer, tags.partialSums, peer.partialSumsIn) }
            if sums { try receive(peer.sum, from: peer, tags.sums, peer.sumIn) }
        }
    }

    /// Sends what was written to `partialSums`.
    func sendPartialSums() throws {
        for peer in peers { try send(peer.outgoing, to: peer, tags.partialSums, peer.partialSumsOut) }
    }

    /// Whether all `parts` are there.
    func partialSumsHaveCome() throws -> Bool { try peers.allSatisfy { try $0.partialSumsIn.test() } }

    /// Sends the sum of this rank's part to the other owners.
    func sendSum(count: Int, of values: UnsafePointer<Float>, as wire: WireType) throws {
        if let place = own.baseAddress { wire.encode(count: count, from: values, to: place) }
        for peer in peers { try send(own, to: peer, tags.sums, peer.sumOut) }
    }

    /// Whether all other owners' sums are there.
    func sumsHaveCome() throws -> Bool { try peers.allSatisfy { try $0.sumIn.test() } }

    /// Calls `body` with each other node and its owner's sum.
    func forEachSum(_ body: (_ node: Int, _ values: UnsafeRawPointer) -> Void) {
        for peer in peers {
            if let values = peer.sum.baseAddress { body(peer.node, UnsafeRawPointer(values)) }
        }
    }

    /// Whether what was sent is on its way, so that its memory may be written again.
    func isSent() throws -> Bool { try peers.allSatisfy { try $0.partialSumsOut.test() && $0.sumOut.test() } }

    func abandon() {
        for peer in peers { peer.all.forEach { $0.abandon() } }
    }

    /// Nothing is sent where there is nothing to send; both sides know.
    private func send(_ bytes: UnsafeMutableRawBufferPointer, to peer: Peer, _ tag: Int, _ request: Request) throws {
        guard !bytes.isEmpty else { return }
        try communicator.startSend(UnsafeBufferPointer(bytes.bindMemory(to: UInt8.self)), to: peer.rank, tag: tag, with: request)
    }

    private func receive(_ bytes: UnsafeMutableRawBufferPointer, from peer: Peer, _ tag: Int, _ request: Request) throws {
        guard !bytes.isEmpty else { return }
        try communicator.startReceive(bytes.bindMemory(to: UInt8.self), from: peer.rank, tag: tag, with: request)
    }
}
