import Diagnostics
import Glibc
import Kernels
import MPI

/// What is done with a bucket.
public enum ExchangeForm: String, Sendable, Codable, CaseIterable, CustomStringConvertible {
    /// Every rank gets the whole sum.
    case allReduce
    /// Every rank gets the part of the sum that it owns; the rest of the bucket is then undefined.
    case reduceScatter
    /// Every rank gets, unchanged, what each rank has in the part that it owns.
    case allGather

    public var description: String {
        switch self {
        case .allReduce: "sum"
        case .reduceScatter: "shared-out sum"
        case .allGather: "all-gather"
        }
    }
}

/// A range of the arena that is exchanged at once.
public struct ExchangeBucket: Sendable, Equatable {
    /// In floats from the arena's beginning.
    public let range: Range<Int>
    /// The format between nodes, and what all values of its tree are rounded to.
    public let wire: WireType

    public init(_ range: Range<Int>, wire: WireType = .fp32) {
        (self.range, self.wire) = (range, wire)
    }
}

/// Sums over all ranks in the order of one fixed tree: on a node through memory that its ranks share, between nodes by messages.
///
/// Each rank's partial sums stand in slots of the node's window, each as long as the arena; the result comes to slot 0. A bucket is started
/// when this rank has written its partial sums, goes on whenever `progress` is called, and is finished by `finish`; several may be under
/// way, and ranks may start and finish them in different orders. Between `start` and `finish` its range is neither read nor written, in any
/// slot.
///
/// Which additions make a sum is a function of the number of terms alone (`ReductionTree`). With one term for each rank, the default, all
/// ranks get the same bits, in every run. With the terms of a partition that does not depend on ranks, such as micro-batches, they are the
/// same at every number of ranks and nodes.
///
/// Cost for N floats on p ranks of a node, without messages: each rank reads N floats and writes N; nothing is copied. For n nodes see
/// `BucketMessages`. A warm exchange allocates nothing.
///
/// Called on the main thread only. Not `Sendable`.
public final class GradientExchange {
    /// The tree, and what this rank does with the terms that it has: its partial sums stand in slots 0, 1, … in the order of `results`.
    public let tree: ReductionTree
    public let ownTerms: ReductionTree.Combination
    /// This rank's slots: one for each partial sum that it has at a time, at most.
    public let slots: [UnsafeMutableBufferPointer<Float>]
    public let buckets: [ExchangeBucket]

    /// Called with the number of a bucket whose exchange is over.
    public var onFinish: ((Int) -> Void)?

    private let node: Communicator
    private let messages: Communicator
    private let plan: ExchangePlan
    private let memory: NodeMemory
    private let exchanges: [BucketExchange]
    /// Numbers of buckets.
    private var underWay: [Int] = []
    /// The place in `underWay` that is looked at next, and how many are in one call.
    private var next = 0
    private let glances: Int
    /// How often to look before the core is given to others.
    private let spins: Int

    /// Collective over the world; all ranks give the same.
    ///
    /// - Parameters:
    ///   - floats: of the arena.
    ///   - terms: for each rank, the terms of the sum that it has, together each from 0 once; nil for one term for each rank.
    ///   - buckets: ranges of the arena that do not overlap.
    /// - Throws: `Failure(.mpi)`, also where the node's memory file system is too small.
    public convenience init(
        world: Communicator, floats: Int, terms: [Range<Int>]? = nil, buckets: [ExchangeBucket]
    ) throws {
        try self.init(world: world, node: try world.splitShared(), floats: floats, terms: terms, buckets: buckets)
    }

    /// The same with the world cut into nodes of `ranksPerNode` ranks, whatever shares memory: what several hosts do, on one.
    package convenience init(
        world: Communicator, ranksPerNode: Int, floats: Int, terms: [Range<Int>]? = nil, buckets: [ExchangeBucket]
    ) throws {
        let node = try world.split(color: world.rank / ranksPerNode, key: world.rank)
        try self.init(world: world, node: node, floats: floats, terms: terms, buckets: buckets)
    }

    private init(
        world: Communicator, node: Communicator, floats: Int, terms: [Range<Int>]?, buckets: [ExchangeBucket]
    ) throws {
        let terms = terms ?? (0..<world.size).map { $0..<$0 + 1 }
        require(terms.count == world.size, "terms for each of \(world.size) ranks, found \(terms.count)")
        require(buckets.count <= BucketMessages.largestBucketCount, "at most \(BucketMessages.largestBucketCount) buckets")
        require(
            buckets.allSatisfy { $0.range.lowerBound >= 0 && $0.range.upperBound <= floats },
            "buckets lie within \(floats) floats, found \(buckets.map(\.range))")
        let plan = ExchangePlan(terms: terms, map: try NodeMap(world: world, node: node))
        let memory = try NodeMemory(node: node, plan: plan, floats: floats, buckets: buckets.map(\.range))
        // A context of its own: no tag is taken for another's.
        let messages = try world.split(color: 0, key: world.rank)
        let sums = TreeSums(plan, wireTypes: Set(buckets.map(\.wire)))
        exchanges = buckets.enumerated().map { number, bucket in
            BucketExchange(bucket, number: number, plan: plan, memory: memory, sums: sums, communicator: messages)
        }
        underWay.reserveCapacity(buckets.count)
        // On one node a look costs next to nothing.
        glances = plan.map.nodes.count > 1 ? 4 : buckets.count
        tree = plan.tree
        ownTerms = plan.ranks[world.rank]
        slots = (0..<plan.slots(ofPlace: node.rank)).map { slot in
            let base = memory.slot(slot, of: node.rank).assumingMemoryBound(to: Float.self)
            return UnsafeMutableBufferPointer(start: base, count: floats)
        }
        (self.buckets, self.node, self.messages, self.plan, self.memory) = (buckets, node, messages, plan, memory)
        // Where every rank has a core, as MPI does: about a third of a millisecond, longer than all but the largest buckets take.
        let ranksHere = LaunchEnvironment.current?.localSize ?? world.size
        spins = ranksHere <= sysconf(Int32(_SC_NPROCESSORS_ONLN)) ? 1 << 15 : 16
    }

    /// The part of a bucket that this rank owns, for `reduceScatter` and `allGather`; empty on some ranks where buckets are short or nodes
    /// unequal.
    public func ownedRange(of bucket: Int) -> Range<Int> {
        let (map, range) = (plan.map, buckets[bucket].range)
        guard map.place < map.ownersPerNode else { return range.lowerBound..<range.lowerBound }
        let division = BucketDivision(range: range, ownersPerNode: map.ownersPerNode, nodes: map.nodes.count)
        return division.part(ofOwner: map.place, onNode: map.node)
    }

    /// The bytes that this rank sends to other nodes for a bucket.
    public func messageBytes(of bucket: Int, _ form: ExchangeForm = .allReduce) -> Int {
        guard let counts = exchanges[bucket].messages?.byteCounts else { return 0 }
        return switch form {
        case .allReduce: counts.partialSums + counts.sums
        case .reduceScatter: counts.partialSums
        case .allGather: counts.sums
        }
    }

    /// Begins the exchange of a bucket, whose partial sums stand in this rank's slots. Never waits, but does what of it needs
    /// nobody else. All ranks start it, in the same form.
    ///
    /// - Precondition: the bucket is not under way; for `allGather`, its wire type is fp32.
    public func start(_ bucket: Int, _ form: ExchangeForm = .allReduce) throws {
        try exchanges[bucket].start(form)
        // What needs nobody else, such as sending this rank's part, is not left for later.
        if try !advance(bucket) { underWay.append(bucket) }
    }

    private func advance(_ bucket: Int) throws -> Bool {
        guard try exchanges[bucket].advance() else { return false }
        onFinish?(bucket)
        return true
    }

    /// Goes on with buckets under way, as far as others have done their parts; true when none is left. Never waits: to be called now and
    /// then, since nothing goes on by itself.
    ///
    /// Each call looks at a few of them, and the next one at those that follow: a look at one that waits for messages drives all of MPI's
    /// progress, microseconds that are not spent for each of a hundred buckets.
    public func progress() throws -> Bool {
        for _ in 0..<min(underWay.count, glances) {
            if next >= underWay.count { next = 0 }
            if try advance(underWay[next]) { underWay.remove(at: next) } else { next += 1 }
        }
        return underWay.isEmpty
    }

    /// Returns when a bucket is finished; goes on with the others too.
    ///
    /// - Parameter meanwhile: called while others are waited for; it may look at a deadline. What it throws is thrown on, all that is under
    ///   way is abandoned, and this rank is to end.
    public func finish(_ bucket: Int, meanwhile: () throws -> Void = {}) throws {
        let exchange = exchanges[bucket]
        do {
            try waitUntil(spins: spins) {
                _ = try progress()
                return exchange.isFinished
            } meanwhile: {
                try meanwhile()
            }
        } catch {
            for bucket in underWay { exchanges[bucket].abandon() }
            throw error
        }
    }

    /// Gives back the window, with all slots in it. Collective over the world.
    ///
    /// - Precondition: nothing is under way.
    public func free() throws {
        require(underWay.isEmpty, "\(underWay.count) buckets are under way")
        try memory.free()
        try node.free()
        try messages.free()
    }
}
