import Testing

@testable import Random

/// Philox4x32-10 against the known answers of Random123 1.14 (`tests/kat_vectors`).
@Suite struct PhiloxTests {
    @Test(arguments: [
        KnownAnswer(counter: SIMD4(0, 0, 0, 0), key: SIMD2(0, 0), block: SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)),
        KnownAnswer(
            counter: SIMD4(repeating: 0xFFFF_FFFF), key: SIMD2(repeating: 0xFFFF_FFFF),
            block: SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)),
        KnownAnswer(
            counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: SIMD2(0xA409_3822, 0x299F_31D0),
            block: SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)),
    ])
    func givesTheKnownAnswers(answer: KnownAnswer) {
        #expect(philox4x32(counter: answer.counter, key: answer.key) == answer.block)
    }

    @Test func seedIsTheKeyAndPurposeTheLastWordOfTheCounter() {
        let generator = CounterGenerator(seed: 0x299F_31D0_A409_3822, purpose: .dropout)
        let expected = philox4x32(counter: SIMD4(7, 8, 9, Purpose.dropout.rawValue), key: SIMD2(0xA409_3822, 0x299F_31D0))
        #expect(generator.block(7, 8, 9) == expected)
    }

    /// Raw values decide what every recorded run has drawn.
    @Test func purposesKeepTheirNumbers() {
        let numbers: [Purpose: UInt32] = [
            .order: 1, .initialisation: 2, .dropout: 3, .augmentation: 4, .shapes: 5, .split: 6, .benchmark: 7, .study: 8,
        ]
        for (purpose, number) in numbers { #expect(purpose.rawValue == number) }
        #expect(Set(Purpose.allCases.map(\.rawValue)).count == Purpose.allCases.count)
    }

    @Test func everyWordOfThePositionMatters() {
        var blocks: Set<SIMD4<UInt32>> = []
        for purpose in Purpose.allCases {
            for seed in [UInt64(0), 1, 1 << 32] {
                let generator = CounterGenerator(seed: seed, purpose: purpose)
                for position in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)] as [(UInt32, UInt32, UInt32)] {
                    blocks.insert(generator.block(position.0, position.1, position.2))
                }
            }
        }
        #expect(blocks.count == Purpose.allCases.count * 3 * 4)
    }
}

struct KnownAnswer: Sendable {
    let counter: SIMD4<UInt32>
    let key: SIMD2<UInt32>
    let block: SIMD4<UInt32>
}
