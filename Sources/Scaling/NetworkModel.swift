/// What a message costs, and a sum inside a node: two levels.
public struct NetworkModel: Sendable, Codable, Equatable {
    /// Between nodes.
    public var link: Link
    /// Inside a node, through memory that its ranks share; nil where it was not measured.
    public var node: NodeCost?
    /// Where it comes from: what was fitted to what, or an option.
    public var source: String

    /// A message of B bytes arrives latency + B ÷ bandwidth after it is sent; those of one host and direction behind one another.
    public struct Link: Sendable, Codable, Equatable {
        /// Seconds.
        public var latency: Double
        /// Bytes per second.
        public var bandwidth: Double
        /// Seconds that adding one byte of a partial sum takes a rank.
        public var reductionPerByte: Double

        public init(latency: Double, bandwidth: Double, reductionPerByte: Double = 0) {
            (self.latency, self.bandwidth, self.reductionPerByte) = (latency, bandwidth, reductionPerByte)
        }
    }

    /// A bucket of B bytes is summed in latency + B · `secondsPerByte` by the ranks of a node together.
    public struct NodeCost: Sendable, Codable, Equatable {
        public var latency: Double
        public var secondsPerByte: Double

        public init(latency: Double, secondsPerByte: Double) { (self.latency, self.secondsPerByte) = (latency, secondsPerByte) }
    }

    public init(link: Link, node: NodeCost? = nil, source: String) { (self.link, self.node, self.source) = (link, node, source) }
}
