import Diagnostics
import Foundation
import ImageFiles
import Random

/// Makes one file of packed images of a folder of JPEG and PNG files: decoded, brought to one size, checked and sealed.
///
/// `ImageFolder` tells the layouts of folders, `PackedHeader` the format of the file. Its bytes follow from the images, the names and these
/// settings alone.
public struct ImagePacking: Sendable {
    public enum Stage: String, Sendable {
        case examining
        case packing
    }

    /// What was packed.
    public struct Summary: Sendable {
        public let training: Int
        public let test: Int
        public let classes: Int
        public let height: Int
        public let width: Int
        public let channels: Int
        /// Length of the file.
        public let bytes: Int
        /// Images that could not be read, in the order of their paths.
        public let leftOut: [LeftOut]
        /// Files that are no images.
        public let unrelated: Int
        /// What the user should know.
        public let notes: [String]
    }

    /// The folder of class folders.
    public var images: String
    /// Height and width to bring all images to: the shorter side is scaled to it, and the middle cut out. Nil where all are of one size.
    public var size: Int?
    /// Packs grey images, one channel, be the files in colour.
    public var isGrey = false
    /// Makes an image that cannot be read a failure.
    public var isStrict = false
    /// The part of the images that becomes the test split where the folder has none.
    public var testShare = 0.1
    /// Which images these are.
    public var seed: UInt64 = 1

    /// Images decoded at a time take at most so many bytes, or are as many as this.
    private static let pieceBytes = 1 << 26
    private static let pieceImages = 512

    public init(images: String) { self.images = images }

    /// Packs into a directory that is not there yet, or empty; it appears whole or not at all.
    ///
    /// Every file is read twice: its header, to learn the sizes and what is no image; then the whole. `progress` is called with (stage,
    /// files done, files in all).
    /// Throws: `.usage` for settings out of range, images of several sizes without `size`, or a directory that holds something; `.missing`
    /// without a folder of images; `.badData` where it is none of the layouts, or an image cannot be read and `isStrict` is set; `.io`.
    public func write(
        to directory: String, progress: (_ stage: Stage, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) throws -> Summary {
        try check(directory)
        let survey = try ImageSurvey(ImageFolder(images)) { progress(.examining, $0, $1) }
        var leftOut = survey.leftOut
        try refuse(leftOut)
        let shape = try survey.shape(size: size, isGrey: isGrey)
        let splits = try splits(of: survey)
        let names = try WordNames.names(of: survey.classes, from: join(images, "words.txt"))
        var counts: [Split: Int] = [:]
        var bytes = 0
        var untrained = Set(names.indices)
        try DurableDirectory.create(at: directory) { unfinished in
            var writer = try PackedWriter(
                join(unfinished, PackedFile.fileName), name: name, classNames: names, height: shape.height, width: shape.width,
                channels: shape.channels)
            let total = splits.reduce(0) { $0 + $1.files.count }
            var done = 0
            for (split, files) in splits {
                for piece in files.pieces(of: max(16, min(Self.pieceImages, Self.pieceBytes / shape.imageBytes))) {
                    for (file, read) in zip(piece, piece.parallelMap { shape.read($0.path) }) {
                        switch read {
                        case .success(let pixels):
                            try writer.append(pixels, label: file.label, to: split)
                            counts[split, default: 0] += 1
                            if split == .training { untrained.remove(file.label) }
                        case .failure(let fault): leftOut.append(fault)
                        }
                    }
                    try refuse(leftOut)
                    done += piece.count
                    progress(.packing, done, total)
                }
                try check(counts[split] ?? 0, of: split)
            }
            bytes = try writer.finish()
        }
        return Summary(
            training: counts[.training] ?? 0, test: counts[.test] ?? 0, classes: names.count, height: shape.height,
            width: shape.width,
            channels: shape.channels, bytes: bytes, leftOut: leftOut.sorted { FolderListing.areInOrder($0.path, $1.path) },
            unrelated: survey.unrelated,
            notes: survey.notes + untrained.sorted().prefix(20).map { "no training image of class \(names[$0])" })
    }

    /// The files of both splits; where the folder has no test images, those at the first places of a permutation become it.
    private func splits(of survey: ImageSurvey) throws -> [(split: Split, files: [ImageFolder.File])] {
        guard let test = survey.test else {
            let count = survey.training.count
            let drawn = max(1, Int((testShare * Double(count)).rounded()))
            try check(count - drawn, of: .training)
            let order = Permutation(count: count, seed: seed, purpose: .split)
            let chosen = Set((0..<drawn).map { order[$0] })
            func files(_ isTest: Bool) -> [ImageFolder.File] {
                survey.training.indices.filter { chosen.contains($0) == isTest }.map { survey.training[$0] }
            }
            return [(.training, files(false)), (.test, files(true))]
        }
        try check(survey.training.count, of: .training)
        try check(test.count, of: .test)
        return [(.training, survey.training), (.test, test)]
    }

    private func check(_ count: Int, of split: Split) throws {
        guard (1...PackedHeader.mostImages).contains(count) else {
            throw Failure(
                .badData,
                "\(images): found \(count.grouped) \(split.rawValue) images that can be read, expected "
                    + "1…\(PackedHeader.mostImages.grouped)")
        }
    }

    private func check(_ directory: String) throws {
        if let size, !(1...PackedHeader.longestSide).contains(size) {
            throw Failure(.usage, "found a size of \(size), expected 1…\(PackedHeader.longestSide.grouped): set --size")
        }
        guard testShare > 0, testShare < 1 else {
            throw Failure(.usage, "found a test share of \(testShare), expected more than 0 and less than 1: set --test-share")
        }
        guard access(directory, F_OK) == 0 else { return }
        // Whatever else keeps the place from being listed is told when it is written to.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? ["a file"]
        guard names.isEmpty else {
            throw Failure(
                .usage,
                "\(directory): is there already (\(names.sorted().prefix(5).joined(separator: ", "))) and left as it is; name another "
                    + "directory, or remove this one")
        }
    }

    /// Throws where an image cannot be read and that is asked to be a failure.
    private func refuse(_ leftOut: [LeftOut]) throws {
        guard isStrict, !leftOut.isEmpty else { return }
        throw Failure(
            .badData,
            "\(images): nothing was packed, for images cannot be read (at least \(leftOut.count.grouped)): "
                + "\(leftOut.prefix(20).map(\.description).joined(separator: "; ")). Mend or remove them, or pack without --strict")
    }

    /// The folder's own name, fit for the name of a run directory.
    private var name: String {
        let last = URL(fileURLWithPath: images).standardizedFileURL.lastPathComponent
        return String(last.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" })
    }
}
