/// Some of the images of a set, in a fixed order, read in place: all of them, or a part that a split gave.
public struct Selection: Sendable {
    public let images: ImageSet
    /// The number in the set of each image of the selection, ascending; nil for all.
    private let numbers: [Int32]?

    /// All images of a set.
    public init(_ images: ImageSet) {
        self.images = images
        numbers = nil
    }

    init(_ images: ImageSet, numbers: [Int32]) {
        self.images = images
        self.numbers = numbers
    }

    public var count: Int { numbers?.count ?? images.count }

    /// The number in the whole set of the selection's image `position`.
    ///
    /// Precondition: 0 ≤ position < count.
    public subscript(position: Int) -> Int { numbers.map { Int($0[position]) } ?? position }
}
