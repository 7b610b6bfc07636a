/// What adds gradients up over all ranks.
public enum ExchangeMethod: String, Sendable, Codable, CaseIterable {
    /// The exchange of our own, in the order of a fixed tree: by memory that a node's ranks share, by messages between nodes.
    case tree
    /// MPI_Allreduce, at the end of the step.
    case mpi
}
