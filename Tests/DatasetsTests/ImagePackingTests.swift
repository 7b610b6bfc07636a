import Foundation
import ImageFiles
import ImageWriting
import Random
import TestSupport
import Testing

@testable import Datasets

/// From folders of image files to a data set that can be opened.
@Suite struct ImagePackingTests {
    private func packed(
        _ path: String, _ settings: (inout ImagePacking) -> Void = { _ in }
    ) throws -> (data: Dataset, summary: ImagePacking.Summary) {
        var packing = ImagePacking(images: path + "/photos")
        settings(&packing)
        let output = path + "/packed-\(try names(path).count)"
        let summary = try packing.write(to: output)
        #expect(try names(output) == ["images.lockstep"])
        #expect(summary.bytes == fileLength(output + "/images.lockstep"))
        let data = try Dataset.open(directory: output)
        let verification = try data.verify()
        #expect(summary.training == verification.training.count && summary.test == verification.test.count)
        for (stored, found) in [
            (data.normalisation.mean, verification.training.mean), (data.normalisation.deviation, verification.training.deviation),
        ] {
            #expect(zip(stored, found).allSatisfy { $0 == Float($1) || ($0 == 1 && $1 == 0) }, "\(stored) \(found)")
        }
        return (data, summary)
    }

    @Test(arguments: ["test", "val"]) func splitsOfClassFolders(split: String) throws {
        try withTemporaryDirectory { path in
            try ImageFolders.writeSplit(path + "/photos", test: split)
            let (data, summary) = try packed(path)
            #expect(data.name == "photos" && data.classNames == ["cat", "dog"] && data.className(of: 1) == "dog")
            #expect(
                data.training.height == 4 && data.training.width == 4 && data.training.channels == 3 && data.training.classes == 2)
            #expect(try ImageFolders.contents(of: data.training) == [[10, 0], [20, 0], [30, 1]])
            #expect(try ImageFolders.contents(of: data.test) == [[40, 0], [50, 1]])
            let planes: [[UInt8]] = [50, 5, 6].map { [UInt8](repeating: $0, count: 16) }
            data.test.withPixels(at: 1) { #expect(Array($0) == Array(planes.joined())) }
            #expect(summary.leftOut.isEmpty && summary.unrelated == 0 && summary.notes.isEmpty && summary.classes == 2)
            // Reds 10, 20, 30; greens and blues are the same everywhere.
            let normalisation = data.normalisation
            #expect(normalisation.mean == [Float(20.0 / 255), Float(1.0 / 255), Float(2.0 / 255)])
            #expect(normalisation.deviation == [Float((200.0 / 3).squareRoot() / 255), 1, 1])
        }
    }

    @Test func tinyImageNet() throws {
        try withTemporaryDirectory { path in
            try ImageFolders.writeTinyImageNet(path + "/photos")
            let (data, summary) = try packed(path)
            #expect(data.classNames == ["cat", "dog"])
            #expect(try ImageFolders.contents(of: data.training) == [[10, 0], [20, 0], [30, 1]])
            #expect(try ImageFolders.contents(of: data.test) == [[40, 0], [50, 1]])
            #expect(summary.unrelated == 1 && summary.notes.count == 1 && summary.notes[0].contains("photos/test is not used"))
        }
    }

    /// What the list names and is not there is left out; a wrong list, or a folder that is not there, is a fault.
    @Test func damagedTinyImageNet() throws {
        try withTemporaryDirectory { path in
            let photos = path + "/photos"
            try ImageFolders.writeTinyImageNet(photos)
            let list = "val_0.JPEG\tn02\nval_1.JPEG\tn01\n"
            try write(Array((list + "val_9.JPEG\tn01\n").utf8), photos, "val/val_annotations.txt")
            let (data, summary) = try packed(path)
            #expect(data.test.count == 2 && summary.leftOut.map(\.path) == [photos + "/val/images/val_9.JPEG"])
            #expect(summary.leftOut[0].reason.contains("no such file, but"))
            for (line, part) in [
                ("val_2.JPEG", "found the line 'val_2.JPEG'"), ("val_2.JPEG\tn09", "val_2.JPEG is of class n09"),
                ("val_0.JPEG\tn01", "names val_0.JPEG twice"), ("../x.JPEG\tn01", "found the line '../x.JPEG"),
            ] {
                try write(Array((list + line + "\n").utf8), photos, "val/val_annotations.txt")
                expectFailure(.badData, mentioning: "val_annotations.txt", part) { _ = try packed(path) }
            }
            try write(Array(list.utf8), photos, "val/val_annotations.txt")
            try write(Array("n01\nn02\nn03\n".utf8), photos, "wnids.txt")
            expectFailure(.missing, mentioning: "train/n03: no such folder", "wnids.txt") { _ = try packed(path) }
        }
    }

    @Test func namesFromWords() throws {
        try withTemporaryDirectory { path in
            #expect(try WordNames.names(of: ["a", "b"], from: path + "/words.txt") == ["a", "b"])
            try write(Array("n1\tcrane, bird\nn2\tcrane\nn3\t goldfish\n\nn5\n".utf8), path, "words.txt")
            let names = try WordNames.names(of: ["n1", "n2", "n3", "n4", "n5"], from: path + "/words.txt")
            #expect(names == ["crane (n1)", "crane (n2)", "goldfish", "n4", "n5"])
        }
    }

    /// Ten of forty images become the test split, the same for a seed and others for another; nothing is lost or doubled.
    @Test func testShareOfOneFolder() throws {
        try withTemporaryDirectory { path in
            for number in 0..<40 { try write(ImageFolders.grey(UInt8(number)), path, "photos/c\(number % 3)/\(number + 10).png") }
            func split(_ seed: UInt64) throws -> (training: [[Int]], test: [[Int]]) {
                let data = try packed(path) {
                    $0.testShare = 0.25
                    $0.seed = seed
                }.data
                return (try ImageFolders.contents(of: data.training), try ImageFolders.contents(of: data.test))
            }
            let first = try split(1)
            #expect(first.training.count == 30 && first.test.count == 10)
            let all = first.training + first.test
            #expect(Set(all.map { $0[0] }) == Set(0..<40) && all.allSatisfy { $0[1] == $0[0] % 3 })
            // In the order of classes and files still.
            let places = first.training.map { 100 * $0[1] + $0[0] }
            #expect(places == places.sorted())
            let again = try split(1)
            #expect(again.test == first.test && again.training == first.training)
            #expect(try split(2).test != first.test)
            #expect(try packed(path).summary.test == 4)
            for share in [0, 1, -0.5, .nan] {
                expectFailure(.usage, mentioning: "test share", "--test-share") { _ = try packed(path) { $0.testShare = share } }
            }
        }
    }

    /// All grey: one channel. One in colour: three, the grey ones repeated; unless grey is asked for.
    @Test func greyAndColour() throws {
        try withTemporaryDirectory { path in
            let photos = path + "/photos"
            try write(ImageFolders.grey(10), photos, "train/a/1.png")
            let ramp = JPEGBytes.encode(height: 4, width: 4, kind: .grey, pixels: [UInt8](repeating: 20, count: 16))
            try write(ramp, photos, "train/b/2.jpg")
            try write(ImageFolders.grey(30), photos, "test/a/3.png")
            let grey = try packed(path).data
            #expect(grey.training.channels == 1 && grey.normalisation.mean.count == 1)
            #expect(try ImageFolders.contents(of: grey.training) == [[10, 0], [20, 1]])
            try write(ImageFolders.colour(255, 0, 0), photos, "test/b/4.png")
            let colour = try packed(path).data
            #expect(colour.training.channels == 3)
            colour.training.withPixels(at: 0) { #expect(Array($0) == [UInt8](repeating: 10, count: 48)) }
            let asked = try packed(path) { $0.isGrey = true }.data
            #expect(asked.test.channels == 1)
            #expect(try ImageFolders.contents(of: asked.test) == [[30, 0], [76, 1]])
        }
    }

    /// Of one size: as they are, be they not square. Of several: only with a size, by cropping and scaling, one already right untouched.
    @Test func sizes() throws {
        try withTemporaryDirectory { path in
            let photos = path + "/photos"
            func picture(_ height: Int, _ width: Int) -> (PixelImage, [UInt8]) {
                let pixels = JPEGBytes.ramp(height: height, width: width, samples: 3)
                return (
                    PixelImage(height: height, width: width, channels: 3, pixels: pixels),
                    PNGBytes(height: height, width: width, kind: .colour, rows: pixels).bytes
                )
            }
            for name in ["train/a/1", "train/b/1", "test/a/1"] { try write(picture(3, 5).1, photos, name + ".png") }
            let plain = try packed(path).data
            #expect(plain.training.height == 3 && plain.training.width == 5)
            plain.training.withPixels(at: 0) { #expect(Array($0) == picture(3, 5).0.planes()) }

            try write(picture(12, 20).1, photos, "train/b/2.png")
            try write(picture(6, 6).1, photos, "test/b/2.png")
            expectFailure(.usage, mentioning: "images of 3 sizes", "3×5 (3, as ", "12×20", "Give --size") { _ = try packed(path) }
            let scaled = try packed(path) { $0.size = 6 }.data
            #expect(scaled.training.height == 6 && scaled.training.width == 6)
            scaled.training.withPixels(at: 2) {
                #expect(Array($0) == picture(12, 20).0.centreSquare().scaled(toHeight: 6, width: 6).planes())
            }
            scaled.test.withPixels(at: 1) { #expect(Array($0) == picture(6, 6).0.planes()) }
            for size in [0, 4_097] {
                expectFailure(.usage, mentioning: "a size of", "--size") { _ = try packed(path) { $0.size = size } }
            }
        }
    }

    /// More classes than a byte can tell.
    @Test func threeHundredClasses() throws {
        try withTemporaryDirectory { path in
            for number in 0..<300 {
                try write(ImageFolders.grey(UInt8(number % 256), side: 1), path, "photos/train/c\(1_000 + number)/x.png")
            }
            try write(ImageFolders.grey(9, side: 1), path, "photos/test/c1299/x.png")
            let data = try packed(path).data
            #expect(data.training.classes == 300 && data.className(of: 299) == "c1299")
            #expect(try ImageFolders.contents(of: data.training) == (0..<300).map { [$0 % 256, $0] })
            #expect(try ImageFolders.contents(of: data.test) == [[9, 299]])
        }
    }

    /// The same bytes twice, and from files that were written in another order.
    @Test func sameBytesTwice() throws {
        try withTemporaryDirectory { path in
            try ImageFolders.writeSplit(path + "/one/photos")
            try ImageFolders.writeTinyImageNet(path + "/two/photos")
            let first = try packed(path + "/one").data.directory
            let again = try packed(path + "/one").data.directory
            #expect(first != again)
            let bytes = try contents(first, "images.lockstep")
            #expect(try contents(again, "images.lockstep") == bytes)
            // The same images, classes and names in another layout.
            let other = try packed(path + "/two").data.directory
            #expect(try contents(other, "images.lockstep") == bytes)
        }
    }

    @Test func whatIsThereIsLeftAsItIs() throws {
        try withTemporaryDirectory { path in
            try ImageFolders.writeSplit(path + "/photos")
            try write([1], path, "out/notes")
            expectFailure(.usage, mentioning: "/out: is there already (notes)", "another") {
                _ = try ImagePacking(images: path + "/photos").write(to: path + "/out")
            }
            expectFailure(.usage, mentioning: "/out/notes: is there already") {
                _ = try ImagePacking(images: path + "/photos").write(to: path + "/out/notes")
            }
            #expect(try names(path) == ["out", "photos"] && contents(path, "out/notes") == [1])
            try FileManager.default.createDirectory(atPath: path + "/empty", withIntermediateDirectories: false)
            #expect(try ImagePacking(images: path + "/photos").write(to: path + "/empty").training == 3)
        }
    }
}
