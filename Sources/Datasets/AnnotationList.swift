import Diagnostics
import Foundation

/// Tiny ImageNet's list of test images: on each line a file, a tab, its class, and what is not used here (the place of the object).
struct AnnotationList {
    let files: [ImageFolder.File]
    /// Listed, but not there.
    let missing: [LeftOut]

    /// Throws: `.badData` where a line is none of the format, names an unknown class, or a file for the second time; `.io`.
    init(_ path: String, images: String, classes: [String]) throws {
        let labels = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        let present = Set(try FolderListing(images).files)
        var label: [String: Int] = [:]
        for line in try TextLines.read(path) {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 2, !fields[0].isEmpty, !fields[0].contains("/") else {
                throw Failure(
                    .badData, "\(path): found the line '\(line)', expected a file, a tab and its class; unpack the archive again")
            }
            guard let found = labels[fields[1]] else {
                throw Failure(
                    .badData,
                    "\(path): \(fields[0]) is of class \(fields[1]), of which there is no folder of training images; unpack the archive "
                        + "again")
            }
            guard label.updateValue(found, forKey: fields[0]) == nil else {
                throw Failure(.badData, "\(path): names \(fields[0]) twice; expected each file once. Unpack the archive again")
            }
        }
        let listed = label.sorted { $0.value != $1.value ? $0.value < $1.value : FolderListing.areInOrder($0.key, $1.key) }
        files = listed.filter { present.contains($0.key) }.map { ImageFolder.File(path: join(images, $0.key), label: $0.value) }
        missing = listed.filter { !present.contains($0.key) }.map {
            LeftOut(path: join(images, $0.key), reason: "no such file, but \(path) lists it")
        }
    }
}
