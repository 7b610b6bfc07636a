/// What a message costs, and a sum inside a node: two levels.
public struct NetworkModel: Sendable, Codable, Equatable {
    /// Between nodes.
    public var link: Link
    /// Inside a node, through memory that its ranks share; nil where it was not measured.
    public var node: NodeCost?
    /// What the exchange takes from the core of a rank that computes meanwhile; nil where it was not measured.
    public var core: CoreCost?
    /// Where it comes from: what was fitted to what, or an option.
    public var source: String

    /// Messages of one host and direction go behind one another, each for `perMessage` + B ÷ bandwidth; its last byte arrives a latency later.
    public struct Link: Sendable, Codable, Equatable {
        /// Seconds.
        public var latency: Double
        /// Bytes per second.
        public var bandwidth: Double
        /// Seconds of the host's link, or of its ranks, for a message of no bytes.
        public var perMessage: Double
        /// Seconds in which a rank adds up, or stores, one byte of what comes.
        public var reductionPerByte: Double

        public init(latency: Double, bandwidth: Double, perMessage: Double = 0, reductionPerByte: Double = 0) {
            (self.latency, self.bandwidth) = (latency, bandwidth)
            (self.perMessage, self.reductionPerByte) = (perMessage, reductionPerByte)
        }

        /// Seconds that the host's link is busy with so much.
        func seconds(messages: Int, bytes: Int) -> Double { Double(messages) * perMessage + Double(bytes) / bandwidth }
    }

    /// A bucket of B bytes is summed in latency + B · `secondsPerByte` by the ranks of a node together.
    public struct NodeCost: Sendable, Codable, Equatable {
        public var latency: Double
        public var secondsPerByte: Double

        public init(latency: Double, secondsPerByte: Double) { (self.latency, self.secondsPerByte) = (latency, secondsPerByte) }
    }

    /// Messages are put together, handed to the system, received and added up by the same core that computes: its seconds for each message
    /// and each byte that the host sends, with what comes in return.
    public struct CoreCost: Sendable, Codable, Equatable {
        public var perMessage: Double
        public var perByte: Double

        public init(perMessage: Double, perByte: Double) { (self.perMessage, self.perByte) = (perMessage, perByte) }

        func seconds(messages: Int, bytes: Int) -> Double { Double(messages) * perMessage + Double(bytes) * perByte }
    }

    public init(link: Link, node: NodeCost? = nil, core: CoreCost? = nil, source: String) {
        (self.link, self.node, self.core, self.source) = (link, node, core, source)
    }
}
