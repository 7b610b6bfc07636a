/// What mpirun binds each rank of a job to.
///
/// Left to itself Open MPI binds up to two ranks to a core each and more of them to a package, so that jobs of several sizes would be
/// measured under different conditions.
public enum RankBinding: Sendable, Equatable, CustomStringConvertible {
    /// A core for each rank, on every host.
    case core
    /// Ranks may move: where there are more of them than cores.
    case none
    /// What the user has set for Open MPI, which stays as it is.
    case given(String)

    static let variable = "OMPI_MCA_hwloc_base_binding_policy"

    /// One for all jobs of a measurement, the largest of which has so many ranks.
    ///
    /// - Parameter environment: what the user has set there goes before.
    public static func common(largest ranks: Int, hosts: Hostfile?, environment: [String: String]) -> RankBinding {
        if let policy = environment[variable] { return .given(policy) }
        return ranks <= RankLaunch.cores(of: hosts) ?? 0 ? .core : .none
    }

    var options: [String] {
        switch self {
        case .core: ["--bind-to", "core"]
        case .none: ["--bind-to", "none"]
        case .given: []
        }
    }

    public var description: String {
        switch self {
        case .core: "a core for each rank"
        case .none: "none"
        case .given(let policy): "\(policy), as \(Self.variable) says"
        }
    }
}
