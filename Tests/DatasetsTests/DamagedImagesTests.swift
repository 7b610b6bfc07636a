import Foundation
import ImageWriting
import TestSupport
import Testing

@testable import Datasets

/// Folders of image files that are not as they should be.
@Suite struct DamagedImagesTests {
    /// Listed with a reason, left out, and the rest packed; with `isStrict`, a failure that leaves nothing.
    @Test func damagedImagesAreLeftOut() throws {
        try withTemporaryDirectory { path in
            let photos = path + "/photos"
            try ImageFolders.writeSplit(photos)
            let jpeg = JPEGBytes.encode(height: 4, width: 4, kind: .colour, pixels: JPEGBytes.ramp(height: 4, width: 4, samples: 3))
            try write([], photos, "train/cat/empty.PNG")
            try write(Array(jpeg.dropLast(9)), photos, "train/cat/short.jpg")
            try write(Array(jpeg.prefix(20)), photos, "train/cat/header.jpeg")
            try write(Array("<html>".utf8), photos, "train/dog/page.jpg")
            try write(Array(ImageFolders.grey(1).dropLast(30)), photos, "test/dog/named")
            try FileManager.default.createSymbolicLink(atPath: photos + "/test/dog/gone.png", withDestinationPath: "/nowhere")
            // No images, and not called so.
            try write([], photos, "train/dog/.keep")
            try write(Array("notes".utf8), photos, "train/dog/notes.txt")
            // Images, whatever they are called.
            try write(jpeg, photos, "train/dog/z-jpeg.png")
            try write(jpeg, photos, "train/dog/zz")

            let summary = try ImagePacking(images: photos).write(to: path + "/out")
            #expect(summary.training == 5 && summary.test == 2 && summary.unrelated == 1)
            let reasons = summary.leftOut.map { "\($0)".replacing(photos + "/", with: "") }
            let expected = [
                "test/dog/gone.png: no such file", "test/dog/named: a damaged PNG file: ", "train/cat/empty.PNG: the file is empty",
                "train/cat/header.jpeg: a damaged JPEG file: ", "train/cat/short.jpg: a damaged JPEG file: ",
                "train/dog/page.jpg: neither a JPEG nor a PNG file",
            ]
            #expect(reasons.count == expected.count && zip(reasons, expected).allSatisfy { $0.hasPrefix($1) }, "\(reasons)")
            let data = try Dataset.open(directory: path + "/out")
            #expect(try ImageFolders.contents(of: data.training).map { $0[1] } == [0, 0, 1, 1, 1])

            var strict = ImagePacking(images: photos)
            strict.isStrict = true
            expectFailure(.badData, mentioning: "nothing was packed", "page.jpg: neither", "without --strict") {
                _ = try strict.write(to: path + "/strict")
            }
            // Of these, only the second reading finds the fault.
            for name in ["train/cat/empty.PNG", "train/cat/header.jpeg", "train/dog/page.jpg", "test/dog/gone.png"] {
                try FileManager.default.removeItem(atPath: "\(photos)/\(name)")
            }
            expectFailure(.badData, mentioning: "short.jpg: a damaged JPEG file") { _ = try strict.write(to: path + "/strict") }
            #expect(try names(path) == ["out", "photos"])
        }
    }

    @Test func foldersThatHoldNoClasses() throws {
        try withTemporaryDirectory { path in
            func pack() throws { _ = try ImagePacking(images: path + "/photos").write(to: path + "/out") }
            expectFailure(.missing, mentioning: "photos: no such folder") { try pack() }
            try write(ImageFolders.grey(1), path, "photos/1.png")
            expectFailure(.badData, mentioning: "photos: found no folder", "2…65,535 classes", "/CLASS/") { try pack() }
            try write(ImageFolders.grey(1), path, "photos/cat/1.png")
            expectFailure(.badData, mentioning: "found one folder (cat)") { try pack() }
            try write(Array("text".utf8), path, "photos/dog/1.txt")
            expectFailure(.badData, mentioning: "images of one class in 2 class folders", "1 files are no images") { try pack() }
            try write([], path, "photos/dog/1.png")
            expectFailure(.badData, mentioning: "The first fault: ", "dog/1.png: the file is empty") { try pack() }
            try write(ImageFolders.grey(2), path, "photos/dog/2.png")
            try FileManager.default.createDirectory(atPath: path + "/photos/bird", withIntermediateDirectories: false)
            let summary = try ImagePacking(images: path + "/photos").write(to: path + "/out")
            #expect(summary.classes == 2 && summary.notes.count == 2 && summary.notes[0].hasSuffix(": bird"))
            // One of two images is drawn for the test.
            #expect(summary.notes[1].hasPrefix("no training image of class "), "\(summary.notes)")
            #expect(try Dataset.open(directory: path + "/out").classNames == ["cat", "dog"])
        }
    }

    @Test func testClassesWithoutTrainingImages() throws {
        try withTemporaryDirectory { path in
            let photos = path + "/photos"
            func pack() throws { _ = try ImagePacking(images: photos).write(to: path + "/out") }
            try ImageFolders.writeSplit(photos)
            try write(ImageFolders.grey(1), photos, "test/bird/1.png")
            expectFailure(.badData, mentioning: "test/bird: a class that has no folder of training images") { try pack() }
            try write([], photos, "train/bird/1.png")
            expectFailure(.badData, mentioning: "test/bird/1.png: of class bird", "no training image") { try pack() }
            try FileManager.default.removeItem(atPath: photos + "/test")
            try write([1, 2, 3], photos, "test/cat/1.png")
            expectFailure(.badData, mentioning: "found 0 test images that can be read") { try pack() }
            #expect(try names(path) == ["photos"])
        }
    }

    /// Not a single test image can be decoded, though their headers are sound.
    @Test func splitOfDamagedImagesOnly() throws {
        try withTemporaryDirectory { path in
            let photos = path + "/photos"
            try ImageFolders.writeSplit(photos)
            try FileManager.default.removeItem(atPath: photos + "/test")
            try write(Array(ImageFolders.colour(1, 2, 3).dropLast(30)), photos, "test/cat/1.png")
            expectFailure(.badData, mentioning: "found 0 test images that can be read") {
                _ = try ImagePacking(images: photos).write(to: path + "/out")
            }
            #expect(try names(path) == ["photos"])
        }
    }

    @Test func listingsAreSortedAndLinksAreFollowedOnce() throws {
        try withTemporaryDirectory { path in
            for name in ["b/2", "b/10", "b/1", "b/sub/1", "B/1", "a/1", ".hidden/1"] { try write([1], path, name) }
            try FileManager.default.createSymbolicLink(atPath: path + "/link", withDestinationPath: path + "/b")
            try FileManager.default.createSymbolicLink(atPath: path + "/b/circle", withDestinationPath: path)
            try FileManager.default.createSymbolicLink(atPath: path + "/b/3", withDestinationPath: path + "/a/1")
            let listing = try FolderListing(path)
            #expect(listing.folders == ["B", "a", "b", "link"] && listing.links == ["link"] && listing.files.isEmpty)
            #expect(
                try FolderListing.allFiles(below: path + "/b").map { $0.dropFirst(path.count) } == [
                    "/b/1", "/b/10", "/b/2", "/b/3", "/b/sub/1",
                ])
            #expect(try FolderListing.allFiles(below: path + "/link").count == 5)
        }
    }
}
