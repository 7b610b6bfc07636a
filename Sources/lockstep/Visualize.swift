import ArgumentParser
import Diagnostics
import Networks
import Training

struct Visualize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw a trained convolution: its outputs after ReLU of test images, and its filters, as PNG files.",
        discussion: """
            The outputs: a row for each test image, from the first; the image, then each channel. Black is 0, white the channel's largest \
            value over the images shown: each channel has a scale of its own. Above columns stands the channel, beside rows the image's \
            class, as a number.

            The filters, in a second file: mid-grey is 0, white and black are the filter's largest magnitude, above and below. Filters that \
            read the images are one picture each, in rows of sixteen; of others, each column is a filter, each row a channel that it reads.

            Of a model without convolutions, layer 1 is the first linear layer; of that there are only filters.

            lockstep visualize runs/mnist-cnn-mnist-1/checkpoints/best.safetensors --layer 1 --samples 10
            """)

    @Argument(help: "The checkpoint.")
    var checkpoint: String

    @Option(parsing: .unconditional, help: "The convolution, counted from 1.")
    var layer: Int = 1

    @Option(help: "The directory of the data set. (default: the one that the checkpoint's run was trained on)")
    var data: String?

    @Option(parsing: .unconditional, help: "The test images shown.")
    var samples: Int = 10

    @Option(help: "The file of the outputs; that of the filters is called alike, with -filters. (default: layer-N.png)")
    var output: String?

    func run() throws {
        let visualisation = try LayerVisualisation(checkpoint: checkpoint, data: data, layer: layer, samples: samples)
        let output = output ?? "layer-\(layer).png"
        let filtersPath = (output.hasSuffix(".png") ? String(output.dropLast(4)) : output) + "-filters.png"
        try visualisation.write(outputsTo: output, filtersTo: filtersPath)
        let name = visualisation.layer.name
        print("\(visualisation.experiment.model.name) after \(visualisation.progress.position.step.grouped) steps, \(name)")
        if let outputs = visualisation.outputs {
            print("\(output): outputs of \(name) after ReLU, \(visualisation.layer.output) of each image")
            print(
                "  columns: the test image, then channels 1 to \(visualisation.layer.output.channels); black 0, white each channel's largest value"
            )
            print("  rows: \(visualisation.classNames.joined(separator: ", "))")
            if !outputs.silentChannels.isEmpty {
                print(
                    "  0 everywhere: channel\(outputs.silentChannels.count == 1 ? "" : "s") \(outputs.silentChannels.map(String.init).joined(separator: ", "))"
                )
            }
        }
        print("\(filtersPath): filters of \(name); mid-grey 0, white and black each filter's largest magnitude")
    }
}
