import ImageFiles

/// What all packed images are brought to.
struct PackedShape: Equatable {
    let height: Int
    let width: Int
    let channels: Int
    /// Whether images of another size are cropped to a square and scaled; else they are faults.
    let isScaling: Bool

    var imageBytes: Int { height * width * channels }

    /// The pixels of a file, [channels][height][width].
    func read(_ path: String) -> Result<[UInt8], LeftOut> {
        ImageExamination.decode(path).flatMap { image in
            let image = image.converted(toChannels: channels)
            if image.height == height && image.width == width { return .success(image.planes()) }
            guard isScaling else {
                return .failure(
                    LeftOut(path: path, reason: "its size is now \(image.height)×\(image.width): it was changed meanwhile"))
            }
            return .success(image.centreSquare().scaled(toHeight: height, width: width).planes())
        }
    }
}
