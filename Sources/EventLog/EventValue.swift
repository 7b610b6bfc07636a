import Diagnostics
import SwiftProtobuf

/// Something that is written of one step, under a tag such as `loss/train`; what stands in front of the slash groups the charts.
public struct EventValue {
    let message: TensorBoardSummary.Value

    /// A point of a curve. Event files hold scalars as Float.
    public static func scalar(_ tag: String, _ value: Double) -> EventValue {
        EventValue(message: .with { message in (message.tag, message.simpleValue) = (tag, Float(value)) })
    }

    /// A histogram as a tensor [buckets, 3] of left edge, right edge and count, the form that TensorBoard's own plugin is given.
    public static func histogram(_ tag: String, _ histogram: Histogram) throws -> EventValue {
        let tensor = TensorBoardTensorProto.with { tensor in
            tensor.dtype = .dtDouble
            tensor.tensorShape = .sides([histogram.buckets.count, 3])
            for bucket in histogram.buckets {
                for number in [bucket.left, bucket.right, Double(bucket.count)] {
                    withUnsafeBytes(of: number.bitPattern.littleEndian) { tensor.tensorContent.append(contentsOf: $0) }
                }
            }
        }
        return try tensorValue(tag, tensor, plugin: "histograms", content: TensorBoardHistogramPluginData())
    }

    /// A picture: the bytes of a PNG file, whose size is told beside.
    public static func image(_ tag: String, png: [UInt8], height: Int, width: Int, channels: Int) -> EventValue {
        EventValue(
            message: .with { message in
                message.tag = tag
                message.image = .with { image in
                    (image.height, image.width, image.colorspace) = (Int32(height), Int32(width), Int32(channels))
                    image.encodedImageString.append(contentsOf: png)
                }
            })
    }

    /// A message of the plugin for hyper-parameters, which has no value beside it.
    static func hyperParameters(_ tag: String, _ content: HParamsHParamsPluginData) throws -> EventValue {
        let nothing = TensorBoardTensorProto.with { tensor in
            tensor.dtype = .dtFloat
            tensor.tensorShape = .sides([0])
        }
        return try tensorValue("_hparams_/\(tag)", nothing, plugin: "hparams", content: content)
    }

    private static func tensorValue(
        _ tag: String, _ tensor: TensorBoardTensorProto, plugin: String, content: some Message
    ) throws -> EventValue {
        let bytes = try content.serializedBytes(options: .deterministic) as [UInt8]
        return EventValue(
            message: .with { message in
                (message.tag, message.tensor) = (tag, tensor)
                message.metadata.pluginData.pluginName = plugin
                message.metadata.pluginData.content.append(contentsOf: bytes)
            })
    }
}

extension TensorBoardTensorShapeProto {
    fileprivate static func sides(_ sides: [Int]) -> TensorBoardTensorShapeProto {
        .with { shape in shape.dim = sides.map { side in .with { $0.size = Int64(side) } } }
    }
}

extension BinaryEncodingOptions {
    /// The same message always gives the same bytes.
    static var deterministic: BinaryEncodingOptions {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        return options
    }
}
