import MPI
import Timing

/// What a message takes between each two hosts, one pair after the other, while nothing else travels: a link that is slower than the rest is
/// known by it.
enum LinkMeasurement {
    private static let roundTrips = 16
    private static let longMessages = 3
    /// Long enough that latency is little of it, short enough for slow links.
    private static let longCount = 1 << 18

    /// Both ways of each pair, by the first ranks of the hosts; none where all ranks have one host. Collective.
    static func links(over world: Communicator) throws -> [StepRecord.Link] {
        let hosts = try world.hostNames()
        let first = hosts.indices.filter { hosts[..<$0].firstIndex(of: hosts[$0]) == nil }
        var links: [StepRecord.Link] = []
        for from in first {
            for to in first where to != from {
                var figures = [0.0, 0.0]
                if world.rank == from {
                    figures = try ask(to, over: world)
                } else if world.rank == to {
                    try answer(from, over: world)
                }
                try figures.withUnsafeMutableBufferPointer { try world.broadcast($0, from: from) }
                links.append(.init(from: hosts[from], to: hosts[to], latency: figures[0], bandwidth: figures[1]))
            }
        }
        return links
    }

    /// - Returns: half of the shortest empty round trip, and the bytes per second of long messages beyond that.
    private static func ask(_ other: Int, over world: Communicator) throws -> [Double] {
        func shortest(_ count: Int, of message: [Float]) throws -> Double {
            var shortest = Double.infinity
            for _ in 0..<count {
                let start = StepClock.now()
                try send(message, to: other, over: world)
                try receive(0, from: other, over: world)
                shortest = min(shortest, StepClock.now() - start)
            }
            return shortest
        }
        let empty = try shortest(roundTrips, of: [])
        let long = try shortest(longMessages, of: Array(repeating: 1, count: longCount))
        return [empty / 2, Double(longCount * MemoryLayout<Float>.stride) / max(long - empty, 1e-9)]
    }

    private static func answer(_ other: Int, over world: Communicator) throws {
        for length in Array(repeating: 0, count: roundTrips) + Array(repeating: longCount, count: longMessages) {
            try receive(length, from: other, over: world)
            try send([], to: other, over: world)
        }
    }

    private static func send(_ message: [Float], to rank: Int, over world: Communicator) throws {
        try message.withUnsafeBufferPointer { try world.send($0, to: rank) }
    }

    private static func receive(_ count: Int, from rank: Int, over world: Communicator) throws {
        var message = [Float](repeating: 0, count: count)
        try message.withUnsafeMutableBufferPointer { try world.receive($0, from: rank) }
    }
}
