/// Ends the process with a message where one of our own invariants does not hold: a wrong shape or index, a programmer's error.
///
/// `precondition` prints nothing in an optimised build and `-Ounchecked` removes it; this check survives both and always says what
/// was wrong. The outside world's faults (files, flags, other ranks) are thrown errors instead, never traps.
@inlinable
public func require(
    _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    if !condition { fault(message(), file: file, line: line) }
}

/// The same where there is no condition to ask: this place is never reached, or nothing is left to go on with.
@inlinable
public func fault(_ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line) -> Never {
    fatalError(message(), file: file, line: line)
}
