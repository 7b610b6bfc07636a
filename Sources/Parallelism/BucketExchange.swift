import Diagnostics
import Kernels
import MPI

/// One bucket's way from partial sums to sums, as far as this rank goes it: a machine that goes on whenever it is asked, and never waits.
///
/// 1. Every rank posts its partial sums. 2. When all ranks of a node have, each owner adds up its slice of them. 3. Owners of the same slice
/// on all nodes send each other what they have of each other's parts, and add that up. 4. They send each other the sums. 5. Each owner writes
/// its slice to the arenas of all ranks of its node. On a single node, 2 and 5 are one pass, and 3 and 4 nothing; short buckets go through
/// mailboxes there.
final class BucketExchange {
    let range: Range<Int>
    let messages: BucketMessages?
    var isFinished: Bool { stage == .finished }

    private enum Stage { case finished, mailed, posted, scattering, gathering, sending, stored }

    private var stage = Stage.finished
    private var form = ExchangeForm.allReduce
    /// The number of this exchange of the bucket, from 1; what the counters count.
    private var number: UInt64 = 0

    private let wire: WireType
    private let map: NodeMap
    private let nodeSum: TreeSum
    private let worldSum: TreeSum
    private let mailboxes: BucketMailboxes?
    private let posted: [SharedCounter]
    /// Owners' only.
    private let stored: [SharedCounter]
    private let own: (posted: SharedCounter, stored: SharedCounter)
    /// This rank's part of each node; empty where it owns none.
    private let parts: [Part]

    /// A part of the bucket, and where its first value is.
    private struct Part {
        let count: Int
        /// In each partial sum of the node.
        let leaves: [UnsafeMutableRawPointer]
        /// In every rank's arena, and in this rank's: places for the one result of a sum.
        let allArenas: [[UnsafeMutableRawPointer]]
        let ownArena: [[UnsafeMutableRawPointer]]
        let own: UnsafeMutablePointer<Float>
    }

    init(
        _ bucket: ExchangeBucket, number bucketNumber: Int, plan: ExchangePlan, memory: NodeMemory, sums: TreeSums,
        communicator: Communicator
    ) {
        (range, wire, map) = (bucket.range, bucket.wire, plan.map)
        (nodeSum, worldSum) = (sums.node(wire), sums.world(wire))
        let owners = map.ownersPerNode
        let division = BucketDivision(range: range, ownersPerNode: owners, nodes: map.nodes.count)
        let (isOwner, isAlone) = (map.place < owners, map.nodes.count == 1)
        messages =
            isOwner && !isAlone
            ? BucketMessages(communicator: communicator, plan: plan, division: division, bucket: bucketNumber, wire: wire) : nil
        mailboxes = BucketMailboxes(memory: memory, plan: plan, range: range, bucket: bucketNumber)
        posted = memory.places.map { memory.posted($0, bucket: bucketNumber) }
        stored = (0..<owners).map { memory.stored($0, bucket: bucketNumber) }
        let place = map.place
        own = (posted[place], memory.stored(place, bucket: bucketNumber))
        parts = (isOwner ? map.nodes.indices : 0..<0).map { node in
            let part = division.part(ofOwner: place, onNode: node)
            func start(_ slot: Int, of place: Int) -> UnsafeMutableRawPointer {
                memory.float(part.lowerBound, slot: slot, of: place)
            }
            return Part(
                count: part.count, leaves: plan.nodeParts.map { start($0.number, of: $0.holder) },
                allArenas: [memory.places.map { start(0, of: $0) }], ownArena: [[start(0, of: place)]],
                own: start(0, of: place).assumingMemoryBound(to: Float.self))
        }
    }

    func start(_ form: ExchangeForm) throws {
        require(isFinished, "the exchange of \(range) was started again before it was finished")
        require(form != .allGather || wire == .fp32, "values that are gathered as they are travel as fp32, found \(wire)")
        self.form = form
        number += 1
        if form == .allReduce, let mailboxes {
            mailboxes.put(exchange: number)
            stage = .mailed
            return
        }
        try messages?.startReceiving(partialSums: form != .allGather, sums: form != .reduceScatter)
        stage = .posted
        own.posted.advance(to: number)
    }

    /// Goes on as far as what others have done allows; true when the exchange is finished.
    func advance() throws -> Bool {
        while try goOn() {}
        return isFinished
    }

    func abandon() { messages?.abandon() }

    /// One step; false where it must wait for others, or is finished.
    private func goOn() throws -> Bool {
        switch stage {
        case .finished:
            return false
        case .mailed:
            guard let mailboxes, mailboxes.allHavePut(exchange: number) else { return false }
            mailboxes.sum(exchange: number, by: nodeSum)
            stage = .finished
        case .posted:
            guard parts.isEmpty || posted.allSatisfy({ $0.value >= number }) else { return false }
            try reduceOnNode()
        case .scattering:
            guard try messages?.partialSumsHaveCome() ?? true else { return false }
            try combineNodes()
        case .gathering:
            guard try messages?.sumsHaveCome() ?? true else { return false }
            storeSums()
            stage = .sending
        case .sending:
            guard try messages?.isSent() ?? true else { return false }
            own.stored.advance(to: number)
            stage = .stored
        case .stored:
            // What an owner has stored it reads no more, in any partial sum of this rank's either.
            guard stored.allSatisfy({ $0.value >= number }) else { return false }
            stage = .finished
        }
        return true
    }

    private func reduceOnNode() throws {
        if parts.isEmpty {
            stage = .stored
        } else if form == .allGather {
            try shareOwnPart()
        } else if let messages {
            for (part, places) in zip(parts, messages.partialSums) {
                nodeSum.run(
                    count: part.count, leaves: part.leaves, leafFormat: .fp32, results: places, resultFormat: wire)
            }
            try messages.sendPartialSums()
            stage = .scattering
        } else {
            nodeSum.run(
                count: parts[0].count, leaves: parts[0].leaves, leafFormat: .fp32, results: places(of: parts[0]),
                resultFormat: .fp32)
            stage = .sending
        }
    }

    private func combineNodes() throws {
        guard let messages else { fault("the exchange of \(range) combines nodes without messages") }
        let part = parts[map.node]
        worldSum.run(
            count: part.count, leaves: messages.parts, leafFormat: wire, results: places(of: part), resultFormat: .fp32)
        if form == .reduceScatter { stage = .sending } else { try sendSum() }
    }

    /// Where the sum of a part goes.
    private func places(of part: Part) -> [[UnsafeMutableRawPointer]] { form == .reduceScatter ? part.ownArena : part.allArenas }

    /// Gives the node's ranks what this rank owns, and the owners on other nodes too.
    private func shareOwnPart() throws {
        store(UnsafeRawPointer(parts[map.node].own), in: parts[map.node], as: .fp32)
        if messages == nil { stage = .sending } else { try sendSum() }
    }

    private func sendSum() throws {
        try messages?.sendSum(count: parts[map.node].count, of: parts[map.node].own, as: wire)
        stage = .gathering
    }

    private func storeSums() {
        messages?.forEachSum { node, values in store(values, in: parts[node], as: wire) }
    }

    private func store(_ values: UnsafeRawPointer, in part: Part, as format: WireType) {
        for place in part.allArenas[0] where UnsafeRawPointer(place) != values {
            format.decode(count: part.count, from: values, to: place.assumingMemoryBound(to: Float.self))
        }
    }
}
