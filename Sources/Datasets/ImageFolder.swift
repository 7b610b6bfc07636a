import Diagnostics
import Foundation

/// The files of a folder of class folders, before any of them was looked into.
///
/// Known layouts: `train/CLASS/…` with `test/CLASS/…` or `val/CLASS/…` beside it; `CLASS/…` alone, or `train/CLASS/…` alone, without test
/// images; and Tiny ImageNet's, `train/WNID/images/…` with `val/images/…` and `val/val_annotations.txt`. Files may lie in folders of the
/// class folder. Classes are in the order of their folders' names; `words.txt`, where it is there, says what they are called.
struct ImageFolder {
    struct File: Sendable {
        let path: String
        /// Index into `classes`.
        let label: Int
    }

    let path: String
    /// The names of the class folders, sorted.
    let classes: [String]
    let training: [File]
    /// Nil where the folder has none: then some of `training` are to be taken.
    let test: [File]?
    /// Files that a list names but that are not there.
    let missing: [LeftOut]
    /// What the user should know.
    let notes: [String]

    /// Throws: `.missing` where there is no such folder, `.badData` where it is none of the layouts, `.io`.
    init(_ path: String) throws {
        self.path = path
        let top = try FolderListing(path)
        let train = join(path, "train")
        let hasTrain = top.folders.contains("train") ? try !FolderListing(train).folders.isEmpty : false
        let base = hasTrain ? train : path
        let classes = try FolderListing(base).folders
        try Self.check(classes, base)
        self.classes = classes
        training = try Self.files(of: classes, in: base)
        guard hasTrain else {
            (test, missing, notes) = (nil, [], [])
            return
        }
        try Self.check(classes, against: join(path, "wnids.txt"), base)
        let annotations = join(path, "val/val_annotations.txt")
        if fileLength(annotations) != nil {
            let list = try AnnotationList(annotations, images: join(path, "val/images"), classes: classes)
            (test, missing) = (list.files, list.missing)
            notes = top.folders.contains("test") ? ["\(join(path, "test")) is not used: its images have no labels"] : []
            return
        }
        let candidates = try ["test", "val"].filter { name in
            try top.folders.contains(name) && !FolderListing(join(path, name)).folders.isEmpty
        }
        missing = []
        let note = "\(join(path, "val")) is not used: the test images are those of \(join(path, "test"))"
        notes = candidates.count == 2 ? [note] : []
        test = try candidates.first.map { try Self.testFiles(in: join(path, $0), classes: classes) }
    }

    private static func check(_ classes: [String], _ base: String) throws {
        guard classes.count >= 2, classes.count <= PackedHeader.mostClasses else {
            let found =
                classes.isEmpty
                ? "no folder" : classes.count == 1 ? "one folder (\(classes[0]))" : "\(classes.count.grouped) folders"
            throw Failure(
                .badData,
                "\(base): found \(found), expected a folder of images for each of 2…\(PackedHeader.mostClasses.grouped) classes, as in "
                    + "\(base)/CLASS/image.png; name the folder that holds them, or its parent where there are train and test")
        }
        if let odd = classes.first(where: { $0.utf8.contains(UInt8(ascii: "\n")) }) {
            throw Failure(.badData, "\(join(base, odd)): a line break in the name of a class; rename the folder")
        }
    }

    /// Tiny ImageNet lists its classes: where a folder is missing, it was not unpacked whole.
    private static func check(_ classes: [String], against list: String, _ base: String) throws {
        guard fileLength(list) != nil else { return }
        let present = Set(classes)
        if let missing = try TextLines.read(list).first(where: { !present.contains($0) }) {
            throw Failure(
                .missing, "\(join(base, missing)): no such folder, but \(list) lists that class; unpack the archive again")
        }
    }

    private static func testFiles(in folder: String, classes: [String]) throws -> [File] {
        let found = try FolderListing(folder).folders
        let known = Set(classes)
        if let unknown = found.first(where: { !known.contains($0) }) {
            throw Failure(
                .badData,
                "\(join(folder, unknown)): a class that has no folder of training images; expected some of \(classes.count.grouped) "
                    + "classes. Rename or remove it")
        }
        return try files(of: classes, in: folder, present: Set(found))
    }

    private static func files(of classes: [String], in folder: String, present: Set<String>? = nil) throws -> [File] {
        try classes.enumerated().flatMap { label, name in
            guard present?.contains(name) ?? true else { return [File]() }
            return try FolderListing.allFiles(below: join(folder, name)).map { File(path: $0, label: label) }
        }
    }
}
