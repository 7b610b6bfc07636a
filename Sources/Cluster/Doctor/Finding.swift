/// What a check found, and what to do about it.
public struct Finding: Sendable, Equatable {
    public enum Severity: Int, Sendable, Comparable, CaseIterable {
        case ok
        /// Nothing told what the check must know.
        case unknown
        case warning
        case error

        public var name: String {
            switch self {
            case .ok: "ok"
            case .unknown: "–"
            case .warning: "warning"
            case .error: "error"
            }
        }

        public static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    public let severity: Severity
    public let found: String
    /// The line that mends it, or what to do; empty where nothing is to be done.
    public let remedy: String

    static func ok(_ found: String) -> Finding { Finding(severity: .ok, found: found, remedy: "") }
    static func unknown(_ found: String, _ remedy: String) -> Finding { Finding(severity: .unknown, found: found, remedy: remedy) }
    static func warning(_ found: String, _ remedy: String) -> Finding { Finding(severity: .warning, found: found, remedy: remedy) }
    static func error(_ found: String, _ remedy: String) -> Finding { Finding(severity: .error, found: found, remedy: remedy) }
}
