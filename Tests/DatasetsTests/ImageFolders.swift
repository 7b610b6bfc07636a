import ImageWriting

@testable import Datasets

/// Small folders of image files.
enum ImageFolders {
    /// A grey 4×4 PNG file whose pixels are one value.
    static func grey(_ value: UInt8, side: Int = 4) -> [UInt8] {
        PNGBytes(height: side, width: side, kind: .grey, rows: [UInt8](repeating: value, count: side * side)).bytes
    }

    /// A colour PNG file of one colour.
    static func colour(_ red: UInt8, _ green: UInt8, _ blue: UInt8, height: Int = 4, width: Int = 4) -> [UInt8] {
        let rows = [[UInt8]](repeating: [red, green, blue], count: height * width).joined()
        return PNGBytes(height: height, width: width, kind: .colour, rows: Array(rows)).bytes
    }

    /// Two classes, `cat` and `dog`: three training images, two test images in `split`; the red of each is 10, 20, 30 and 40, 50.
    static func writeSplit(_ folder: String, test split: String = "test") throws {
        for (name, red) in [("train/cat/b.png", 20), ("train/cat/a.png", 10), ("train/dog/c.png", 30)] {
            try write(colour(UInt8(red), 1, 2), folder, name)
        }
        try write(colour(40, 3, 4), folder, "\(split)/cat/d.png")
        try write(colour(50, 5, 6), folder, "\(split)/dog/e.png")
    }

    /// As `writeSplit`, laid out as Tiny ImageNet is; the second class comes first in its lists.
    static func writeTinyImageNet(_ folder: String) throws {
        try write(colour(10, 1, 2), folder, "train/n01/images/n01_0.JPEG")
        try write(colour(20, 1, 2), folder, "train/n01/images/n01_1.JPEG")
        try write(colour(30, 1, 2), folder, "train/n02/images/n02_0.JPEG")
        try write(Array("n01_0.JPEG\t0\t0\t9\t9\n".utf8), folder, "train/n01/n01_boxes.txt")
        try write(colour(50, 5, 6), folder, "val/images/val_0.JPEG")
        try write(colour(40, 3, 4), folder, "val/images/val_1.JPEG")
        try write(Array("val_0.JPEG\tn02\t0\t0\t9\t9\nval_1.JPEG\tn01\t0\t0\t9\t9\n".utf8), folder, "val/val_annotations.txt")
        try write(Array("n02\nn01\n".utf8), folder, "wnids.txt")
        try write(Array("n02\tdog, Canis familiaris\nn00\tentity\nn01\tcat\n".utf8), folder, "words.txt")
        try write(colour(60, 7, 8), folder, "test/images/test_0.JPEG")
    }

    /// The first red pixel of every image, and the labels.
    static func contents(of set: ImageSet) throws -> [[Int]] {
        try (0..<set.count).map { [set.withPixels(at: $0) { Int($0[0]) }, try set.label(at: $0)] }
    }
}
