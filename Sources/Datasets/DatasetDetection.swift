import Diagnostics
import Foundation

/// Finds out which data set a directory holds, by the names of its files alone.
enum DatasetDetection {
    enum Layout: Equatable {
        case cifar(DatasetFormat)
        case idx(DatasetFormat)
        case packed
    }

    struct Finding: Equatable {
        let layout: Layout
        let directory: String
    }

    /// Where archives and other programs put the files below the directory that they were given.
    private static let subdirectories = ["cifar-10-batches-bin", "cifar-100-binary", "MNIST/raw", "FashionMNIST/raw"]

    static func detect(in directory: String) throws -> Finding {
        let names = try list(directory)
        let places = [directory] + subdirectories.map { join(directory, $0) }
        let findings = places.compactMap { place -> Finding? in
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: place) else { return nil }
            return layout(of: names, directory: place).map { Finding(layout: $0, directory: place) }
        }
        guard let found = findings.first else { throw nothingRecognised(in: directory, names: names) }
        // A set in the directory itself is the one that is meant; two sub-directories are a question for the user.
        guard findings.count == 1 || found.directory == directory else {
            throw Failure(
                .badData,
                "\(directory): holds more than one data set; name the one that you mean: "
                    + findings.map(\.directory).joined(separator: ", "))
        }
        return found
    }

    /// The names in a directory, sorted.
    ///
    /// Throws: `.missing` where there is no such directory, `.io` where it cannot be listed.
    private static func list(_ directory: String) throws -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory) else {
            throw Failure(
                .missing,
                "\(directory): no such directory; expected one that holds a data set. "
                    + "`lockstep data fetch` downloads one and `lockstep data synthesize` makes one")
        }
        guard isDirectory.boolValue else {
            throw Failure(.missing, "\(directory): a file, where a directory that holds a data set is expected; name its directory")
        }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        } catch {
            throw Failure(.io, "\(directory): cannot be listed: \(reason(error))")
        }
    }

    private static func layout(of names: [String], directory: String) -> Layout? {
        if names.contains(PackedFile.fileName) { return .packed }
        if names.contains(where: { $0 == "test_batch.bin" || CIFARFiles.batchNumber(of: $0) != nil }) { return .cifar(.cifar10) }
        if names.contains("train.bin") || names.contains("test.bin") { return .cifar(.cifar100) }
        if names.contains(where: IDXFiles.isKnown) { return .idx(isFashion(directory) ? .fashionMNIST : .mnist) }
        return nil
    }

    /// The directory's own name decides, or, where that is the `raw` of torchvision, its parent's.
    private static func isFashion(_ directory: String) -> Bool {
        var path = URL(fileURLWithPath: directory).standardizedFileURL
        if path.lastPathComponent == "raw" { path.deleteLastPathComponent() }
        return path.lastPathComponent.lowercased().contains("fashion")
    }

    private static func nothingRecognised(in directory: String, names: [String]) -> Failure {
        let shown = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
        return Failure(
            .missing,
            """
            \(directory): no data set recognised. Found: \(names.isEmpty ? "an empty directory" : shown). Expected one of
              CIFAR-10 binary: data_batch_1.bin …, test_batch.bin
              CIFAR-100 binary: train.bin, test.bin
              MNIST, Fashion-MNIST: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte \
            (each may end in .gz)
              packed images: \(PackedFile.fileName), which `lockstep data pack` makes of folders of JPEG and PNG files
            """)
    }
}
