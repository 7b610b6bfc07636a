import Diagnostics
import ImageFiles

/// What the headers of all files of a folder tell.
struct ImageSurvey {
    private let path: String
    /// Those that have an image, in order.
    let classes: [String]
    /// The images, by their labels in `classes`.
    let training: [ImageFolder.File]
    let test: [ImageFolder.File]?
    let leftOut: [LeftOut]
    /// Number of files that are no images.
    let unrelated: Int
    let notes: [String]
    private let isColour: Bool
    private let sizes: [Size: (count: Int, example: String)]

    private struct Size: Hashable {
        let height: Int
        let width: Int
    }

    private static let pieceFiles = 1_024

    /// Throws: `.badData` where fewer than two classes have an image, or one has test images only.
    init(_ folder: ImageFolder, progress: (_ done: Int, _ total: Int) -> Void) throws {
        path = folder.path
        var findings = Findings(leftOut: folder.missing)
        let total = folder.training.count + (folder.test?.count ?? 0)
        func images(_ files: [ImageFolder.File]) -> [ImageFolder.File] {
            files.pieces(of: Self.pieceFiles).flatMap { piece in
                let examined = zip(piece, piece.parallelMap { ImageExamination(of: $0.path) })
                let images = examined.filter { findings.add($1, of: $0) }.map(\.0)
                progress(findings.count, total)
                return images
            }
        }
        let training = images(folder.training)
        let test = folder.test.map(images)
        let present = Set(training.map(\.label))
        if let orphan = test?.first(where: { !present.contains($0.label) }) {
            throw Failure(
                .badData,
                "\(orphan.path): of class \(folder.classes[orphan.label]), which has no training image that can be read; expected some. "
                    + "Remove the test images, or add training images")
        }
        guard present.count >= 2 else {
            throw Failure(
                .badData,
                "\(path): found JPEG or PNG images of \(present.count == 1 ? "one class" : "no class") in \(folder.classes.count.grouped) "
                    + "class folders (\(findings.leftOut.count.grouped) images cannot be read, \(findings.unrelated.grouped) files are no "
                    + "images), expected at least two classes\(findings.leftOut.first.map { ". The first fault: \($0)" } ?? "")")
        }
        let kept = folder.classes.indices.filter(present.contains)
        let labels = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        func relabelled(_ files: [ImageFolder.File]) -> [ImageFolder.File] {
            files.compactMap { file in labels[file.label].map { ImageFolder.File(path: file.path, label: $0) } }
        }
        self.training = relabelled(training)
        self.test = test.map(relabelled)
        classes = kept.map { folder.classes[$0] }
        let empty = folder.classes.indices.filter { !present.contains($0) }.map { folder.classes[$0] }
        notes =
            folder.notes
            + (empty.isEmpty ? [] : ["no class of their own, for want of an image: \(empty.prefix(20).joined(separator: ", "))"])
        (leftOut, unrelated) = (findings.leftOut, findings.unrelated)
        (isColour, sizes) = (findings.isColour, findings.sizes)
    }

    /// What the images are brought to: colour where any is, unless grey is asked for.
    ///
    /// Throws: `.usage` where no size is given and there are several, or one beyond what can be packed.
    func shape(size: Int?, isGrey: Bool) throws -> PackedShape {
        let channels = isGrey || !isColour ? 1 : 3
        if let size { return PackedShape(height: size, width: size, channels: channels, isScaling: true) }
        let common = sizes.sorted { ($1.value.count, $0.value.example) < ($0.value.count, $1.value.example) }
        guard let only = common.first, common.count == 1, max(only.key.height, only.key.width) <= PackedHeader.longestSide else {
            let shown = common.prefix(3).map { size, files in
                "\(size.height)×\(size.width) (\(files.count.grouped), as \(files.example))"
            }
            throw Failure(
                .usage,
                "\(path): found images of \(common.count.grouped) sizes: \(shown.joined(separator: ", "))\(common.count > 3 ? ", …" : ""); "
                    + "expected one, of at most \(PackedHeader.longestSide.grouped) pixels a side. Give --size, such as --size 64")
        }
        return PackedShape(height: only.key.height, width: only.key.width, channels: channels, isScaling: false)
    }

    /// What was found so far.
    private struct Findings {
        var leftOut: [LeftOut]
        var unrelated = 0
        var count = 0
        var isColour = false
        var sizes: [Size: (count: Int, example: String)] = [:]

        /// Returns whether the file is an image.
        mutating func add(_ finding: ImageExamination, of file: ImageFolder.File) -> Bool {
            count += 1
            switch finding {
            case .image(let description):
                isColour = isColour || description.isColour
                sizes[Size(height: description.height, width: description.width), default: (0, file.path)].count += 1
                return true
            case .damaged(let reason):
                leftOut.append(LeftOut(path: file.path, reason: reason))
            case .unrelated:
                unrelated += 1
            }
            return false
        }
    }
}
