import Diagnostics

/// Where an activation lies.
enum Place: Sendable, Equatable {
    /// The micro-batch's images.
    case images
    /// Floats per sample in front of it in the arena of activations.
    case activation(Int)
}

/// Which of the gradient buffers an activation's gradient lies in.
struct GradientPlace: Sendable, Equatable {
    let index: Int
}

/// All that a layer sees of one pass over one micro-batch.
struct Pass {
    let batch: MicroBatch
    let mode: Plan.Mode
    let capacity: Int
    let parameters: UnsafePointer<Float>
    /// Weights as some layers lay them out.
    let prepared: UnsafePointer<Float>
    let parameterGradients: UnsafeMutablePointer<Float>?
    let activations: UnsafeMutablePointer<Float>
    let gradients: UnsafePointer<UnsafeMutablePointer<Float>>
    let scratch: UnsafeMutablePointer<Float>

    var samples: Int { batch.count }

    subscript(place: Place) -> UnsafePointer<Float> {
        switch place {
        case .images: batch.images
        case .activation(let offset): UnsafePointer(activations + offset * capacity)
        }
    }

    /// The activation at `offset`, to be written.
    func output(_ offset: Int) -> UnsafeMutablePointer<Float> { activations + offset * capacity }

    subscript(place: GradientPlace) -> UnsafeMutablePointer<Float> { gradients[place.index] }

    func parameterGradient(at offset: Int) -> UnsafeMutablePointer<Float> {
        guard let parameterGradients else { fault("a backward pass without storage for gradients") }
        return parameterGradients + offset
    }
}
