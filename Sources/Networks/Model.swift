import Diagnostics

/// A network as data: what comes in, how many classes there are, and the layers between.
public struct Model: Sendable, Equatable {
    /// The name it was made under; `custom` for layers of a user's own.
    public var name: String
    public var input: TensorShape
    public var classes: Int
    public var layers: [LayerDescription]

    public init(name: String = "custom", input: TensorShape, classes: Int, layers: [LayerDescription]) {
        self.name = name
        self.input = input
        self.classes = classes
        self.layers = layers
    }
}

extension Model: Codable {
    public enum CodingKeys: String, CodingKey, CaseIterable { case name, input, classes, layers }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.settings(CodingKeys.self)
        name = try container.decode(.name, or: "custom")
        input = try container.decode(TensorShape.self, forKey: .input)
        classes = try container.decode(Int.self, forKey: .classes)
        layers = try container.decode([LayerDescription].self, forKey: .layers)
    }
}
