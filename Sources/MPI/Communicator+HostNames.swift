extension Communicator {
    /// The name of each rank's host, in rank order. Collective.
    public func hostNames() throws -> [String] {
        try allGather(bytes: Array(hostName.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }
}
