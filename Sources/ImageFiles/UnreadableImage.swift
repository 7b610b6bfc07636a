/// A file that cannot be used as an image, and why, in words that follow the file's name and a colon.
public struct UnreadableImage: Error, Equatable, Sendable {
    public let reason: String
}
