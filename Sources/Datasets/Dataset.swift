import Diagnostics
import Foundation

/// A data set on disk: its two splits, and what a network has to know of them.
public struct Dataset: Sendable {
    public let format: DatasetFormat
    /// Where the files are; may be a sub-directory of the one that was asked for.
    public let directory: String
    public let training: ImageSet
    public let test: ImageSet
    /// One name per class, or empty: then a class is called by its number.
    public let classNames: [String]
    public let normalisation: Normalisation

    /// Opens the data set in a directory, whatever its format is. Only sizes and headers are checked; `verify` reads the rest.
    ///
    /// Known layouts: CIFAR-10 binary (`data_batch_1.bin` …, `test_batch.bin`), CIFAR-100 binary (`train.bin`, `test.bin`), MNIST and
    /// Fashion-MNIST IDX files, plain or gzipped; in the directory itself or in the sub-directory that their archives make. Fashion-MNIST,
    /// whose files are named as MNIST's, is known by "fashion" in the directory's name.
    ///
    /// Throws: `.missing` for a directory or file that is not there, `.badData` for one that is not what it should be, `.io`.
    public static func open(directory: String) throws -> Dataset {
        let found = try DatasetDetection.detect(in: directory)
        return switch found.layout {
        case .cifar(let format): try CIFARFiles(format: format, directory: found.directory).open()
        case .idx(let format): try IDXFiles(format: format, directory: found.directory).open()
        }
    }

    /// Precondition: both splits have images of one shape and the same classes.
    init(format: DatasetFormat, directory: String, training: ImageSet, test: ImageSet, classNames: [String]) {
        require(
            training.imageBytes == test.imageBytes && training.width == test.width && training.classes == test.classes,
            "training and test images differ in shape")
        self.format = format
        self.directory = directory
        self.training = training
        self.test = test
        self.classNames = classNames
        self.normalisation = format.normalisation
    }

    /// What a class is called: its name, or its number.
    ///
    /// Precondition: 0 ≤ label < classes.
    public func className(of label: Int) -> String {
        require(label >= 0 && label < format.classes, "class \(label) of \(format.classes)")
        return classNames.isEmpty ? String(label) : classNames[label]
    }
}
