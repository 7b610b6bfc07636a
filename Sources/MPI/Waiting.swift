import Glibc

/// Returns when a condition holds: asks, spins briefly, then gives the core to others between questions. A short wait is quick, and with
/// more ranks than cores the rank that is waited for may be the one that cannot run.
///
/// - Parameters:
///   - spins: how often to ask before the core is given away for the first time.
///   - condition: asked again and again; it may drive progress.
///   - meanwhile: called between questions; it may look at a deadline. What it throws ends the wait.
public func waitUntil(spins: Int = 64, _ condition: () throws -> Bool, meanwhile: () throws -> Void) rethrows {
    var asked = 0
    while try !condition() {
        try meanwhile()
        asked += 1
        // It returns 0 always on Linux, and there is nothing to do about another answer.
        if asked > spins { _ = sched_yield() }
    }
}

/// The same with nothing to do meanwhile.
public func waitUntil(spins: Int = 64, _ condition: () throws -> Bool) rethrows {
    try waitUntil(spins: spins, condition, meanwhile: {})
}
