import Foundation

/// The path of an executable that was built with the running tests: it stands beside the test bundle, in .build/<configuration>.
///
/// On Linux `swift test` executes `lockstepPackageTests.xctest` itself, so the process's own path is the place to look.
public func buildProduct(named name: String) throws -> String {
    let own = URL(fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    let product = own.deletingLastPathComponent().appendingPathComponent(name).path
    guard FileManager.default.isExecutableFile(atPath: product) else {
        throw TestSupportError(
            "\(product) is not there: build with scripts/build --tests, and let the test target depend on \(name)")
    }
    return product
}

/// A fault of the tests' surroundings, not of what they test.
public struct TestSupportError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
