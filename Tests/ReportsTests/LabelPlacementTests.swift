import Testing

@testable import Reports

@Suite struct LabelPlacementTests {
    @Test func whatHasRoomStaysInPlace() {
        #expect(LabelPlacement.places(wishes: [10, 50, 30], spacing: 15, in: 0...100) == [10, 50, 30])
    }

    @Test func equalWishesSpreadEvenly() {
        #expect(LabelPlacement.places(wishes: [50, 50, 50], spacing: 10, in: 0...100) == [40, 50, 60])
        #expect(LabelPlacement.places(wishes: [0, 0, 0], spacing: 10, in: 0...100) == [0, 10, 20])
        #expect(LabelPlacement.places(wishes: [100, 100], spacing: 10, in: 0...100) == [90, 100])
    }

    @Test func tooManyDoNotFit() {
        #expect(LabelPlacement.places(wishes: [1, 2, 3], spacing: 60, in: 0...100) == nil)
        #expect(LabelPlacement.places(wishes: [], spacing: 60, in: 0...100) == [])
    }

    /// Apart, inside, in the order of the wishes; and no label can be moved alone without harm.
    @Test func sweep() throws {
        var numbers = SeededNumbers(seed: 5)
        for _ in 0..<2000 {
            let count = Int.random(in: 1...12, using: &numbers)
            let wishes = (0..<count).map { _ in Double.random(in: -20...220, using: &numbers) }
            let places = try #require(LabelPlacement.places(wishes: wishes, spacing: 15, in: 0...200))
            let order = wishes.indices.sorted { (wishes[$0], $0) < (wishes[$1], $1) }
            let name: Comment = "\(wishes): \(places)"
            #expect(places.allSatisfy { $0 >= -1e-9 && $0 <= 200 + 1e-9 }, name)
            for (above, below) in zip(order, order.dropFirst()) { #expect(places[below] - places[above] >= 15 - 1e-9, name) }
            for (position, index) in order.enumerated() {
                let low = position == 0 ? 0 : places[order[position - 1]] + 15
                let high = position == count - 1 ? 200 : places[order[position + 1]] - 15
                let best = min(max(wishes[index], low), high)
                #expect(
                    abs(best - places[index]) < 1e-6 || high - low < 1e-6 || places[index] <= low + 1e-6
                        || places[index] >= high - 1e-6, name)
            }
        }
    }
}
