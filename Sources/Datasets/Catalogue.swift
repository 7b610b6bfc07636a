/// The official archives of the data sets: where they are, how long, and what their authors' checksums are.
///
/// An entry is an ordinary value, so that a mirror's own collection (or a test) can describe others.
public enum Catalogue {
    public struct Entry: Sendable, Equatable {
        public let format: DatasetFormat
        public let files: [RemoteFile]

        public init(format: DatasetFormat, files: [RemoteFile]) {
            self.format = format
            self.files = files
        }

        /// Bytes to transfer in all.
        public var length: Int { files.reduce(0) { $0 + $1.length } }
    }

    /// One file to transfer.
    public struct RemoteFile: Sendable, Equatable {
        /// The address without the file's name, ending in a slash. A mirror takes its place.
        public let base: String
        public let name: String
        /// In bytes.
        public let length: Int
        /// Lower-case hexadecimal.
        public let md5: String
        /// What to unpack from a .tar.gz; empty for a file that is used as it is.
        public let members: [Member]

        public init(base: String, name: String, length: Int, md5: String, members: [Member] = []) {
            self.base = base
            self.name = name
            self.length = length
            self.md5 = md5
            self.members = members
        }
    }

    /// A file in an archive that is wanted.
    public struct Member: Sendable, Equatable {
        /// `folder/name`; all members of an archive are in one folder.
        public let path: String
        /// In bytes; nil where any length will do.
        public let length: Int?

        public init(path: String, length: Int?) {
            self.path = path
            self.length = length
        }
    }

    /// The official entry of a data set. Lengths and MD5s are those of the authors' pages and of torchvision's `datasets`.
    public static func entry(for format: DatasetFormat) -> Entry {
        switch format {
        case .cifar10: cifar10
        case .cifar100: cifar100
        case .mnist: mnist
        case .fashionMNIST: fashionMNIST
        }
    }

    private static let toronto = "https://www.cs.toronto.edu/~kriz/"

    private static let cifar10 = Entry(
        format: .cifar10,
        files: [
            RemoteFile(
                base: toronto, name: "cifar-10-binary.tar.gz", length: 170_052_171, md5: "c32a1d4ab5d03f1284b67883e8d87530",
                members: (["batches.meta.txt"] + (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]).map {
                    Member(path: "cifar-10-batches-bin/" + $0, length: $0.hasSuffix(".bin") ? 10_000 * 3_073 : nil)
                })
        ])

    private static let cifar100 = Entry(
        format: .cifar100,
        files: [
            RemoteFile(
                base: toronto, name: "cifar-100-binary.tar.gz", length: 168_513_733, md5: "03b5dce01913d631647c71ecec9e9cb8",
                members: [
                    Member(path: "cifar-100-binary/coarse_label_names.txt", length: nil),
                    Member(path: "cifar-100-binary/fine_label_names.txt", length: nil),
                    Member(path: "cifar-100-binary/train.bin", length: 50_000 * 3_074),
                    Member(path: "cifar-100-binary/test.bin", length: 10_000 * 3_074),
                ])
        ])

    /// The mirror that torchvision uses; the authors' own server no longer hands out the files.
    private static let mnist = Entry(
        format: .mnist,
        files: idx(
            base: "https://ossci-datasets.s3.amazonaws.com/mnist/",
            trainImages: (9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"), trainLabels: (28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
            testImages: (1_648_877, "9fb629c4189551a2d022fa330f9573f3"), testLabels: (4_542, "ec29112dd5afa0611ce80d1b7f02629c")))

    private static let fashionMNIST = Entry(
        format: .fashionMNIST,
        files: idx(
            base: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            trainImages: (26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            trainLabels: (29_515, "25c81989df183df01b3e8a0aad5dffbe"),
            testImages: (4_422_102, "bef4ecab320f06d8554ea6380940ec79"), testLabels: (5_148, "bb300cfdad3c16e7a12a480ee83cd310")))

    private typealias Sum = (length: Int, md5: String)

    private static func idx(
        base: String, trainImages: Sum, trainLabels: Sum, testImages: Sum, testLabels: Sum
    ) -> [RemoteFile] {
        [
            ("train-images-idx3-ubyte.gz", trainImages), ("train-labels-idx1-ubyte.gz", trainLabels),
            ("t10k-images-idx3-ubyte.gz", testImages), ("t10k-labels-idx1-ubyte.gz", testLabels),
        ].map { RemoteFile(base: base, name: $0.0, length: $0.1.length, md5: $0.1.md5) }
    }
}
