import Random

extension Shapes10 {
    /// The random numbers of one sample, in order: draw n is word n mod 4 of block (n / 4, sample, split).
    ///
    /// All results are made by integer operations and by multiplications that IEEE 754 rounds in one way only, so that they are the same
    /// bits on every machine.
    struct Draws {
        private let generator: CounterGenerator
        private let sample: UInt32
        private let stream: UInt32
        private var block = SIMD4<UInt32>()
        private var position: UInt32 = 0

        /// Streams of one sample that must not meet: its picture, and the order of labels in its group of ten.
        enum Stream: UInt32 {
            case picture = 0
            case labels = 16
        }

        init(seed: UInt64, split: Split, sample: Int, stream: Stream) {
            generator = CounterGenerator(seed: seed, purpose: .shapes)
            self.sample = UInt32(sample)
            self.stream = stream.rawValue + (split == .training ? 0 : 1)
        }

        /// 32 random bits.
        mutating func word() -> UInt32 {
            let lane = Int(position & 3)
            if lane == 0 { block = generator.block(position >> 2, sample, stream) }
            position += 1
            return block[lane]
        }

        /// Uniform in 0..<1, a multiple of 2⁻²⁴.
        mutating func fraction() -> Float { Float(word() >> 8) * 0x1p-24 }

        mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * fraction() }

        /// Uniform in 0..<bound, for small bounds.
        mutating func integer(below bound: Int) -> Int { Int((UInt64(word()) * UInt64(bound)) >> 32) }

        /// True once in `chances` draws.
        mutating func oneIn(_ chances: Int) -> Bool { integer(below: chances) == 0 }

        /// A point on the unit circle, by rejection: no sine or cosine, whose last bits differ between libraries.
        mutating func direction() -> Point {
            while true {
                let x = uniform(-1, 1)
                let y = uniform(-1, 1)
                let square = x * x + y * y
                if square > 0.01, square <= 1 {
                    let length = square.squareRoot()
                    return Point(x: x / length, y: y / length)
                }
            }
        }

        /// Red, green and blue, each uniform in 0…1.
        mutating func colour() -> Colour { Colour(fraction(), fraction(), fraction(), 0) }
    }

    /// Pixels, or figure radii; y points down.
    struct Point {
        var x: Float
        var y: Float
    }

    /// Red, green, blue in 0…1; the fourth lane is not used.
    typealias Colour = SIMD4<Float>
}
