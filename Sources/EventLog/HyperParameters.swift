import SwiftProtobuf

/// A setting's value, as TensorBoard tells them apart.
public enum HyperParameter: Equatable, Sendable {
    case number(Double)
    case truth(Bool)
    case text(String)

    var message: Google_Protobuf_Value {
        switch self {
        case .number(let number): Google_Protobuf_Value(numberValue: number)
        case .truth(let truth): Google_Protobuf_Value(boolValue: truth)
        case .text(let text): Google_Protobuf_Value(stringValue: text)
        }
    }

    var type: HParamsDataType {
        switch self {
        case .number: .float64
        case .truth: .bool
        case .text: .string
        }
    }
}

/// A figure that is shown beside the hyper-parameters: the newest value of a scalar.
public struct ShownMetric: Equatable, Sendable {
    /// The scalar's tag.
    public let tag: String
    public let title: String

    public init(tag: String, title: String) { (self.tag, self.title) = (tag, title) }
}

/// How a run came to its end.
public enum SessionEnd: Sendable {
    case success
    case failure

    var status: HParamsStatus {
        switch self {
        case .success: .success
        case .failure: .failure
        }
    }
}

/// The three messages of TensorBoard's plugin "hparams": what there is to compare, this run's own settings, and its end.
enum HyperParameterMessages {
    static func experiment(_ parameters: [String: HyperParameter], metrics: [ShownMetric], at time: Double)
        -> HParamsHParamsPluginData
    {
        .with { content in
            content.experiment = .with { experiment in
                experiment.timeCreatedSecs = time
                experiment.hparamInfos = parameters.sorted { $0.key < $1.key }.map { name, value in
                    .with { info in (info.name, info.type) = (name, value.type) }
                }
                experiment.metricInfos = metrics.map { metric in
                    .with { info in
                        info.name.tag = metric.tag
                        info.displayName = metric.title
                    }
                }
            }
        }
    }

    static func start(_ parameters: [String: HyperParameter], at time: Double) -> HParamsHParamsPluginData {
        .with { content in
            content.sessionStartInfo = .with { start in
                start.hparams = parameters.mapValues(\.message)
                start.startTimeSecs = time
            }
        }
    }

    static func end(_ end: SessionEnd, at time: Double) -> HParamsHParamsPluginData {
        .with { content in
            content.sessionEndInfo = .with { info in (info.status, info.endTimeSecs) = (end.status, time) }
        }
    }
}
