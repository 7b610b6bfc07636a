import Diagnostics
import Foundation

/// A data set on disk: its two splits, and what a network has to know of them.
public struct Dataset: Sendable {
    /// The name used in recipes and run directories: that of the format, or a packed set's own.
    public let name: String
    /// Where the files are; may be a sub-directory of the one that was asked for.
    public let directory: String
    public let training: ImageSet
    public let test: ImageSet
    /// One name per class, or empty: then a class is called by its number.
    public let classNames: [String]
    public let normalisation: Normalisation
    /// Of a packed set: of its header, which holds those of all it contains. Nil for the known sets, which are what they are.
    public let checksum: UInt32?

    /// Opens the data set in a directory, whatever its format is. Only sizes and headers are checked; `verify` reads the rest.
    ///
    /// Known layouts: CIFAR-10 binary (`data_batch_1.bin` …, `test_batch.bin`), CIFAR-100 binary (`train.bin`, `test.bin`), MNIST and
    /// Fashion-MNIST IDX files, plain or gzipped; images packed by `lockstep data pack` (`images.lockstep`); in the directory itself or in the sub-directory that their archives make. Fashion-MNIST,
    /// whose files are named as MNIST's, is known by "fashion" in the directory's name.
    ///
    /// Throws: `.missing` for a directory or file that is not there, `.badData` for one that is not what it should be, `.io`.
    public static func open(directory: String) throws -> Dataset {
        let found = try DatasetDetection.detect(in: directory)
        return switch found.layout {
        case .cifar(let format): try CIFARFiles(format: format, directory: found.directory).open()
        case .idx(let format): try IDXFiles(format: format, directory: found.directory).open()
        case .packed: try PackedFile(directory: found.directory).open()
        }
    }

    /// Precondition: both splits have images of one shape and the same classes.
    init(
        name: String, directory: String, training: ImageSet, test: ImageSet, classNames: [String], normalisation: Normalisation,
        checksum: UInt32? = nil
    ) {
        require(
            training.imageBytes == test.imageBytes && training.width == test.width && training.classes == test.classes,
            "training and test images differ in shape")
        self.name = name
        self.directory = directory
        self.training = training
        self.test = test
        self.classNames = classNames
        self.normalisation = normalisation
        self.checksum = checksum
    }

    /// One of the known sets, with its usual constants. Precondition: as above.
    init(format: DatasetFormat, directory: String, training: ImageSet, test: ImageSet, classNames: [String]) {
        self.init(
            name: format.rawValue, directory: directory, training: training, test: test, classNames: classNames,
            normalisation: format.normalisation)
    }

    /// CRC-32 that tells sets apart: of a packed set, that of its header, which holds the checksums that its contents had when they were
    /// written; of the known sets, that of all bytes of both splits' files, the training set's first, as they are once inflated.
    ///
    /// Reads all of a known set: at memory speed where it is cached, else at the disk's.
    public func contentChecksum() -> UInt32 {
        checksum ?? [training, test].reduce(0) { $1.checksum(after: $0) }
    }

    /// What a class is called: its name, or its number.
    ///
    /// Precondition: 0 ≤ label < classes.
    public func className(of label: Int) -> String {
        require(label >= 0 && label < training.classes, "class \(label) of \(training.classes)")
        return classNames.isEmpty ? String(label) : classNames[label]
    }
}
