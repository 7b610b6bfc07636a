/// What is to happen, earliest first; of what happens at the same time, first what was put in first. A binary heap: O(log n) each way.
struct EventQueue<Event> {
    private struct Entry {
        let time: Double
        let order: Int
        let event: Event

        func isBefore(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
    }

    private var entries: [Entry] = []
    private var taken = 0

    mutating func insert(_ event: Event, at time: Double) {
        entries.append(Entry(time: time, order: taken, event: event))
        taken += 1
        var child = entries.count - 1
        while child > 0, entries[child].isBefore(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// - Returns: nil where nothing is left.
    mutating func popFirst() -> (time: Double, event: Event)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            var parent = 0
            while true {
                let children = (2 * parent + 1..<2 * parent + 3).filter { $0 < entries.count }
                guard let least = children.min(by: { entries[$0].isBefore(entries[$1]) }), entries[least].isBefore(entries[parent])
                else { break }
                entries.swapAt(parent, least)
                parent = least
            }
        }
        return (first.time, first.event)
    }
}
