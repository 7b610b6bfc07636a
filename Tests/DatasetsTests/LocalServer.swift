import Diagnostics
import Foundation
import TestSupport

/// An HTTP server on a free port of the loopback interface, for one directory and the time of one closure.
///
/// Addresses begin with a word that chooses its conduct: `/plain/` answers with the file and knows ranges; `/broken/` stops in the middle of
/// the body; `/whole/` ignores ranges. It ends when it is told to, and also when this process ends, as its standard input then does.
struct LocalServer {
    let port: Int
    private let log: String

    func url(_ conduct: String) throws -> URL {
        guard let url = URL(string: "http://127.0.0.1:\(port)/\(conduct)") else { throw Failure(.io, "no address for \(conduct)") }
        return url
    }

    /// One line per request: path and range.
    func requests() throws -> [String] {
        try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    static let isAvailable = run(["python3", "-c", "import http.server"]) && run(["curl", "--version"])

    static func serving(_ directory: String, _ body: (LocalServer) throws -> Void) throws {
        try withTemporaryDirectory { path in
            let log = path + "/log"
            try write(Array(script.utf8), path, "server.py")
            try write([], path, "log")
            let process = Process()
            let (input, output) = (Pipe(), Pipe())
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-u", path + "/server.py", directory, log]
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            defer {
                try? input.fileHandleForWriting.close()
                process.waitUntilExit()
            }
            let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            guard let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw Failure(.io, "the test server said \"\(text)\"; expected its port")
            }
            try body(LocalServer(port: port, log: log))
        }
    }

    private static func run(_ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private static let script = """
        import http.server, os, sys, threading

        root, log = sys.argv[1], sys.argv[2]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                conduct, _, name = self.path.lstrip("/").partition("/")
                asked = self.headers.get("Range")
                with open(log, "a") as file:
                    file.write(self.path + " " + (asked or "-") + "\\n")
                path = os.path.join(root, name)
                if not os.path.isfile(path):
                    return self.send_error(404)
                body = open(path, "rb").read()
                start = int(asked.split("=")[1].split("-")[0]) if asked and conduct != "whole" else 0
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(body) - 1, len(body)))
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                end = len(body) // 2 if conduct == "broken" else len(body)
                self.wfile.write(body[start:end])

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        os._exit(0)
        """
}
