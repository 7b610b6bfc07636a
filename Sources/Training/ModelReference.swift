import Diagnostics
import Networks

/// A built-in model by its name, or a whole one.
public enum ModelReference: Sendable, Equatable {
    case named(BuiltInModel)
    case described(Model)

    public var name: String {
        switch self {
        case .named(let model): model.name.rawValue
        case .described(let model): model.name
        }
    }

    func model(for data: DataDescription) throws -> Model {
        switch self {
        case .named(let builtIn):
            let model = builtIn.model(input: data.input, classes: data.classes)
            _ = try model.resolvedLayers()
            return model
        case .described(let model):
            guard model.input == data.input && model.classes == data.classes else {
                throw Failure(
                    .usage,
                    "model \(model.name) takes images of \(model.input) in \(model.classes) classes, but the data are \(data)")
            }
            _ = try model.resolvedLayers()
            return model
        }
    }
}

/// Written as a built-in model's name, as a mapping of its name and its options, or as a whole model with its layers.
extension ModelReference: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case name, kernel, channels, widths, width, dropout }

    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            self = .named(try BuiltInModel(named: name))
        } else if try decoder.container(keyedBy: Model.CodingKeys.self).contains(.layers) {
            self = .described(try Model(from: decoder))
        } else {
            let name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name)
            var model = try BuiltInModel(named: name)
            try decoder.rejectUnknownKeys(named: ["name"] + model.knownOptions.map(\.rawValue))
            model.options = try BuiltInModel.Options(from: decoder)
            self = .named(model)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .named(let model):
            if model.options == BuiltInModel.Options() {
                var container = encoder.singleValueContainer()
                return try container.encode(model.name)
            }
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(model.name, forKey: .name)
            try model.options.encode(to: encoder)
        case .described(let model): try model.encode(to: encoder)
        }
    }
}
