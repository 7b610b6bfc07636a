import ArgumentParser
import Datasets
import Diagnostics
import Foundation

struct DataPack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Make one checked file of folders of JPEG and PNG images, to train on.",
        discussion: """
            DIR holds train/CLASS/… and test/CLASS/… or val/CLASS/…, or CLASS/… alone, or Tiny ImageNet as its archive lays it out. \
            Files are known by their contents, at any depth of a class folder. Labels follow the order of the folders' names; words.txt in \
            DIR names classes. What is transparent is laid over black; a camera's note of orientation is not applied. \
            Images that cannot be read are listed and left out.
            """)

    @Option(help: ArgumentHelp("The folder of class folders.", valueName: "DIR"))
    var images: String

    @Option(help: "Height and width to bring images to: the shorter side is scaled, the middle cut out. (default: as they are)")
    var size: Int?

    @Flag(help: "Pack in grey, one channel; images that are all grey are packed so anyway.")
    var grey = false

    @Flag(help: "Fail where an image cannot be read.")
    var strict = false

    @Option(help: "The part of the images that become test images where DIR has none.")
    var testShare = 0.1

    @Option(help: "The seed of their choice.")
    var seed: UInt64 = 1

    @Argument(help: ArgumentHelp("The directory to make.", valueName: "OUT"))
    var directory: String

    func run() throws {
        var packing = ImagePacking(images: images)
        packing.size = size
        packing.isGrey = grey
        packing.isStrict = strict
        packing.testShare = testShare
        packing.seed = seed
        let terminal = Terminal()
        let clock = ContinuousClock()
        let start = clock.now
        let summary = try packing.write(to: directory) { stage, done, total in
            guard terminal.isDue else { return }
            terminal.progress("\(stage.rawValue) \(done.grouped) of \(total.grouped) files")
        }
        let elapsed = start.duration(to: clock.now) / .seconds(1)
        terminal.endProgress()
        show(summary, seconds: elapsed, terminal)
    }

    private func show(_ summary: ImagePacking.Summary, seconds: Double, _ terminal: Terminal) {
        if !summary.leftOut.isEmpty {
            for fault in summary.leftOut.prefix(20) { complain("left out: \(fault)") }
            complain("warning: left out \(summary.leftOut.count.grouped) that cannot be read")
        }
        for note in summary.notes { complain("note: \(note)") }
        terminal.print(
            "\(directory): \(summary.training.grouped) training and \(summary.test.grouped) test images of "
                + "\(summary.height)×\(summary.width)×\(summary.channels), \(summary.classes.grouped) classes, "
                + "\(summary.bytes.grouped) bytes, in \(duration(seconds))")
        if summary.unrelated > 0 { terminal.print("\(summary.unrelated.grouped) other files were not looked at") }
        terminal.print("train with: lockstep train --model NAME --data \(directory)   (lockstep model list tells the names)")
    }
}
