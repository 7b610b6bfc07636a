import Foundation

extension Thread {
    /// Starts a thread that `top -H` and debuggers show by its name, of which Linux keeps 15 bytes.
    ///
    /// `Thread.name` does not come to the system: a thread must be running, and known to Foundation, when it is set.
    public static func start(named name: String, _ body: @escaping @Sendable () -> Void) {
        Thread {
            try? FileHandle(forWritingAtPath: "/proc/thread-self/comm")?.write(contentsOf: Data(name.utf8))
            body()
        }.start()
    }
}
