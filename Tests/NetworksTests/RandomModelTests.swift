import TestSupport
import Testing

@testable import Networks

/// Chains and blocks that nobody chose: buffers that are reused, written over in place and read again come together in all orders.
@Suite struct RandomModelTests {
    @Test func gradientsOfDrawnModelsAreCentralDifferences() throws {
        var agreement = Agreement()
        var sweep = Sweep()
        for number in 0..<1_000 where sweep.models < 200 {
            let model = RandomModel.drawn(number)
            // A drawn window may be larger than what comes to it; a drawn value may lie on a kink: then other images are tried.
            guard let resolved = try? model.resolvedLayers() else { continue }
            let loss = [Loss.softmax(labelSmoothing: 0), .softmax(labelSmoothing: 0.1), .euclidean][number % 3]
            let found = try (1...3).lazy.compactMap {
                try GradientCheck(model: model, loss: loss, samples: 4, directions: 1, imageStream: $0).run()
            }.first
            guard let found else { continue }
            agreement.merge(found)
            #expect(found.holds, "\(found)\n\(model)")
            sweep.add(resolved)
        }
        #expect(agreement.holds, "\(agreement)")
        #expect(sweep.models == 200 && sweep.kinds.count == LayerDescription.Key.allCases.count, "\(sweep.models): \(sweep.kinds)")
        #expect(sweep.nested > 20 && sweep.withShortcut > 50, "\(sweep)")
    }

    /// The script beside it draws the same models where it gives this sum of parameter counts, and so many of 400 that fit together.
    @Test func drawnModelsStayTheSame() throws {
        let counts = (0..<400).compactMap { try? RandomModel.drawn($0).parameterCount() }
        #expect(counts.count == 367 && counts.reduce(0, +) == 531_007, "\(counts.count) models, \(counts.reduce(0, +)) parameters")
    }

    /// What the sweep has seen.
    private struct Sweep {
        var models = 0
        var kinds: Set<String> = []
        var nested = 0
        var withShortcut = 0

        mutating func add(_ layers: [ResolvedLayer]) {
            models += 1
            let all = layers.flatMap(\.flattened)
            kinds.formUnion(all.map(\.description.kind))
            if all.contains(where: { $0.name.split(separator: ".").filter { $0.hasPrefix("residual") }.count > 1 }) { nested += 1 }
            if all.contains(where: { !$0.shortcut.isEmpty }) { withShortcut += 1 }
        }
    }
}
