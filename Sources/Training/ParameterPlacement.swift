/// What each rank holds of a model.
public enum ParameterPlacement: String, Sendable, Codable, CaseIterable {
    /// All parameters and all of the optimiser's state; every rank takes the whole step.
    case replicated
    /// All parameters, and the optimiser's state of a part of each bucket, which this rank alone updates: the sum of gradients is shared out,
    /// and parameters are gathered. ZeRO's first stage. Source: Rajbhandari et al., SC 2020, section 5.1.
    case sharded
    /// All parameters in front of the first linear layer, and of each linear layer the weights of some output neurons; samples travel to the
    /// linear layers. Source: Krizhevsky, arXiv:1404.5997.
    case hybrid
}
