import Foundation

extension Array {
    /// The results in the order of the elements, computed on all cores: the same whatever thread does which.
    func parallelMap<Result>(_ transform: @Sendable (Element) -> Result) -> [Result] where Element: Sendable, Result: Sendable {
        [Result](unsafeUninitializedCapacity: count) { results, initialised in
            if let base = results.baseAddress {
                // Each index is written once, by one thread.
                nonisolated(unsafe) let base = base
                DispatchQueue.concurrentPerform(iterations: count) { (base + $0).initialize(to: transform(self[$0])) }
            }
            initialised = count
        }
    }

    /// Consecutive pieces of at most `length` elements. Precondition: `length` is at least 1.
    func pieces(of length: Int) -> [[Element]] {
        stride(from: 0, to: count, by: length).map { Array(self[$0..<Swift.min($0 + length, count)]) }
    }
}
