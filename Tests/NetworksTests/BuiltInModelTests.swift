import Diagnostics
import Testing

@testable import Networks

@Suite struct BuiltInModelTests {
    private static let small = TensorShape(height: 32, width: 32, channels: 3)
    private static let digits = TensorShape(height: 28, width: 28, channels: 1)

    /// The counts that the reports and papers name, or that follow from them: each tensor by hand where no source says it.
    @Test func parameterCounts() throws {
        var narrow = BuiltInModel(.mnistCNN)
        (narrow.options.kernel, narrow.options.channels) = (3, 4)
        var deep = BuiltInModel(.mlp)
        deep.options.widths = [7, 5, 3]
        var halved = BuiltInModel(.simpleCNN)
        halved.options.width = 0.5
        let expected: [(BuiltInModel, TensorShape, classes: Int, count: Int)] = [
            (.init(.linear), Self.digits, 10, 7_850), (.init(.mlp), Self.digits, 10, 84_060),
            (.init(.mlp512), Self.digits, 10, 669_706),
            (narrow, Self.digits, 10, 2_158), (deep, Self.digits, 10, 785 * 7 + 8 * 5 + 6 * 3 + 4 * 10),
            (.init(.lenet5), Self.small, 10, 62_006), (.init(.lenet5), Self.digits, 10, 61_706),
            (.init(.simpleCNN), Self.digits, 10, 3_274_634),
            (halved, Self.digits, 10, 26 * 16 + 401 * 16 * 2 + 1_569 * 512 + 513 * 10),
            (.init(.vgg11), Self.small, 10, 9_231_114), (.init(.resnet8), Self.small, 10, 75_290),
            (.init(.resnet8Plain), Self.small, 10, 75_050), (.init(.resnet20), Self.small, 10, 269_722),
            (.init(.resnet32), Self.small, 10, 464_154), (.init(.resnet56), Self.small, 10, 853_018),
            (.init(.resnet18), Self.small, 10, 11_173_962),
        ]
        for (builtIn, input, classes, count) in expected {
            let found = try builtIn.model(input: input, classes: classes).parameterCount()
            #expect(found == count, "\(builtIn.name) \(builtIn.options)")
        }
    }

    @Test func everyModelTakesItsUsualInputAndSmallImages() throws {
        var seen = 0
        for name in BuiltInModel.Name.allCases {
            let builtIn = BuiltInModel(name)
            for (input, classes) in [
                (builtIn.usualInput, builtIn.usualClasses), (Self.small, 10), (Self.small, 100), (Self.small, 2),
            ] {
                let model = builtIn.model(input: input, classes: classes)
                let layers = try model.resolvedLayers()
                #expect(layers.last?.output == TensorShape(vector: classes), "\(name)")
                #expect(model.name == name.rawValue && !builtIn.summary.isEmpty)
                #expect(ParameterLayout(layers).parameterCount == layers.reduce(0) { $0 + $1.parameterCount }, "\(name)")
                seen += 1
            }
        }
        #expect(seen == 80)
    }

    /// Names are unique: they are the keys of checkpoints.
    @Test func tensorsHaveNamesOfTheirOwn() throws {
        for name in BuiltInModel.Name.allCases {
            let layout = ParameterLayout(try BuiltInModel(name).model(input: Self.small, classes: 10).resolvedLayers())
            #expect(Set(layout.tensors.map(\.name)).count == layout.tensors.count, "\(name)")
        }
    }

    @Test func structureOfTheTwoHundredClassModels() throws {
        let images = TensorShape(height: 64, width: 64, channels: 3)
        let cnn = try BuiltInModel(.cnn200).model(input: images, classes: 200).resolvedLayers()
        let convolutions = cnn.filter { $0.description.kind == "convolution" }
        #expect(convolutions.map(\.output.channels) == [32, 64, 192, 256, 256])
        #expect(cnn.map(\.description.kind).filter { $0 == "batch-norm" }.count == 5)
        #expect(cnn.map(\.description.kind).filter { $0 == "max-pool" }.count == 5)
        let resnet = try BuiltInModel(.resnet3443).model(input: images, classes: 200).resolvedLayers()
        let blocks = resnet.filter { $0.description.kind == "residual" }
        #expect(blocks.map(\.output.channels) == [64, 64, 64] + [128, 128, 128, 128] + [256, 256, 256, 256] + [512, 512, 512])
        #expect(blocks.filter { !$0.shortcut.isEmpty }.count == 3)
        #expect(blocks.last?.output == TensorShape(height: 8, width: 8, channels: 512))
    }

    @Test func optionsChangeWhatTheyName() {
        var cnn = BuiltInModel(.mnistCNN)
        (cnn.options.kernel, cnn.options.channels) = (5, 7)
        #expect(
            cnn.model(input: Self.digits, classes: 10).layers.first == .convolution(.init(channels: 7, kernel: 5, padding: .same)))
        var lenet = BuiltInModel(.lenet5)
        lenet.options.dropout = 0.25
        #expect(lenet.model(input: Self.small, classes: 10).layers.contains(.dropout(.init(rate: 0.25))))
    }

    /// What no machine can train, or what is no number, is refused with a message.
    @Test(arguments: [Double.nan, .infinity, 1e300, 1e9]) func widthsThatCannotBeAreRefused(width: Double) {
        var builtIn = BuiltInModel(.simpleCNN)
        builtIn.options.width = width
        let failure = #expect(throws: Failure.self) { try builtIn.model(input: Self.digits, classes: 10).resolvedLayers() }
        #expect(failure?.kind == .usage && failure?.description.contains("model simple-cnn, layer convolution1") == true)
    }
}
