import ArgumentParser
import Datasets
import Diagnostics
import Foundation

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Look at, check, make, pack and fetch data sets.",
        subcommands: [DataInfo.self, DataVerify.self, DataSynthesize.self, DataFetch.self, DataPack.self])
}

struct DataInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "What a data set holds, and which records each rank reads.")

    @Argument(help: "The directory of the data set.")
    var directory: String

    @Option(help: "Show how this many ranks divide the training set.")
    var np: Int?

    @Option(help: "Samples per step over all ranks.")
    var globalBatch = 64

    @Option(help: "Parts of a global batch.")
    var microBatches = 8

    @Option(help: "The seed of the order.")
    var seed: UInt64 = 1

    @Option(help: "The epoch, from 1.")
    var epoch = 1

    func run() throws {
        let dataset = try Dataset.open(directory: directory)
        let images = dataset.training
        print("\(dataset.directory): \(dataset.name)")
        print(
            "\(images.count.grouped) training and \(dataset.test.count.grouped) test images of \(images.height)×\(images.width)×\(images.channels)"
        )
        print("\(images.classes) classes: \((0..<images.classes).map(dataset.className(of:)).joined(separator: ", "))")
        if let np { try showShards(of: images, ranks: np) }
    }

    private func showShards(of images: ImageSet, ranks: Int) throws {
        guard ranks > 0, epoch > 0 else {
            throw Failure(.usage, "found --np \(ranks), --epoch \(epoch), expected at least 1 of each")
        }
        let partition = try BatchPartition(
            globalBatch: globalBatch, microBatches: microBatches, ranks: ranks, samples: images.count)
        let shards = EpochShards(samples: images.count, partition: partition, seed: seed, epoch: epoch - 1)
        print("")
        print("epoch \(epoch), seed \(seed): \(shards.steps.grouped) steps of \(globalBatch), the last of \(shards.lastBatch)")
        for rank in 0..<ranks {
            let first = shards.records(ofRank: rank, inStep: 0)
            let shown = first.prefix(8).map(String.init).joined(separator: ", ") + (first.count > 8 ? ", …" : "")
            let mine = partition.microBatches(ofRank: rank)
            print(
                "rank \(rank): micro-batches \(mine.lowerBound)–\(mine.upperBound - 1), \(shards.count(ofRank: rank).grouped) records; in step 1: \(shown)"
            )
        }
    }
}

struct DataVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read every record of a data set and check it.")

    @Argument(help: "The directory of the data set.")
    var directory: String

    func run() throws {
        let verification = try Dataset.open(directory: directory).verify()
        for part in [verification.training, verification.test] {
            print("\(part.split.rawValue): \(part.count.grouped) images, all labels in range")
            print("  per class \(part.perClass.map(String.init).joined(separator: ", "))")
            let statistics = zip(part.mean, part.deviation).map { String(format: "%.4f ± %.4f", $0, $1) }
            print("  per channel \(statistics.joined(separator: ", "))")
            for file in part.files {
                print("  \(file.path): \(file.bytes.grouped) bytes, CRC-32 \(String(format: "%08x", file.crc32))")
            }
        }
    }
}

struct DataSynthesize: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize", abstract: "Draw the built-in data set, shapes10, in CIFAR-10's format.",
        discussion: "Ten kinds of figure: \(Shapes10.classNames.joined(separator: ", ")).")

    @Argument(help: "The directory to make.")
    var directory: String

    @Option(help: "The seed of all images.")
    var seed: UInt64 = 1

    @Option(help: "Training images.")
    var training = 20_000

    @Option(help: "Test images.")
    var test = 4_000

    func run() throws {
        let terminal = Terminal()
        let outcome = try Shapes10.write(to: directory, seed: seed, training: training, test: test) { written, total in
            guard terminal.isDue else { return }
            terminal.progress("drawing \(written.grouped) of \(total.grouped) images")
        }
        switch outcome {
        case .written: terminal.print("\(directory): \(training.grouped) training and \(test.grouped) test images drawn")
        case .alreadyThere: terminal.print("\(directory): already there")
        }
    }
}

struct DataFetch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Download an official data set, check it and lay it out.")

    @Argument(help: "\(DatasetFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
    var name: DatasetFormat

    @Argument(help: "Where to. (default: data/NAME)")
    var directory: String?

    @Option(help: "Take the files from here instead of the official address.", transform: address)
    var mirror: URL?

    func run() throws {
        let target = directory ?? "data/\(name.rawValue)"
        let terminal = Terminal()
        try Download.fetch(Catalogue.entry(for: name), into: target, mirror: mirror) { received, total in
            guard terminal.isDue else { return }
            terminal.progress("\(received / 1_048_576) of \(total / 1_048_576) MiB  \(100 * received / max(total, 1)) %")
        }
        terminal.print("\(target): \(name.rawValue) is there and checked; train with --data \(target)")
    }

    @Sendable private static func address(_ text: String) throws -> URL {
        guard let url = URL(string: text), url.scheme != nil else {
            throw ValidationError("'\(text)' is no address; expected one such as https://example.org/mirror/")
        }
        return url
    }
}

extension DatasetFormat: ExpressibleByArgument {}
