import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct DataCommandTests {
    /// Every record is some rank's, and no two ranks' first steps share one.
    @Test func infoShowsTheShards() throws {
        try Workplace.with { place in
            let run = try place.lockstep(["data", "info", place.data, "--np", "3"])
            expectSuccess(run)
            #expect(run.lines.contains("600 training and 200 test images of 32×32×3"), "\(run.report)")
            #expect(run.lines.contains("epoch 1, seed 1: 10 steps of 64, the last of 24"), "\(run.report)")
            let shares = run.lines.compactMap { $0.wholeMatch(of: #/rank ([012]): .*, ([0-9]+) records; in step 1: (.*), …/#) }
            #expect(shares.map { String($0.1) } == ["0", "1", "2"], "\(run.report)")
            #expect(shares.compactMap { Int($0.2) }.reduce(0, +) == 600, "\(run.report)")
            let records = shares.flatMap { $0.3.split(separator: ", ") }
            #expect(records.count == 24 && Set(records).count == 24, "\(run.report)")
            expectFailure(try place.lockstep(["data", "info", place.data, "--np", "0"]), code: 64, "found --np 0")
            expectFailure(try place.lockstep(["data", "info", place.data, "--np", "9"]), code: 64, "9 ranks cannot share 8")
            expectFailure(try place.lockstep(["data", "info", place.path("no")]), code: 66, "no such directory")
        }
    }

    @Test func verifyReadsEveryRecord() throws {
        try Workplace.with { place in
            let run = try place.lockstep(["data", "verify", place.data])
            expectSuccess(run)
            #expect(run.lines.contains("training: 600 images, all labels in range"), "\(run.report)")
            #expect(run.lines.contains("  per class 60, 60, 60, 60, 60, 60, 60, 60, 60, 60"), "\(run.report)")
            try expectPlain(run)
        }
    }

    @Test func synthesizeTwiceAndOverOtherFiles() throws {
        try Workplace.with { place in
            let make = ["data", "synthesize", place.data, "--training", "600", "--test", "200"]
            let before = try place.bytes("\(place.data)/data_batch_1.bin")
            let again = try place.lockstep(make)
            expectSuccess(again)
            #expect(again.standardOutput == "\(place.data): already there\n")
            expectFailure(try place.lockstep(make + ["--seed", "2"]), code: 64, "holds another set", "left as it is")
            #expect(try place.bytes("\(place.data)/data_batch_1.bin") == before)
            try place.change("\(place.data)/data_batch_2.bin") { $0[9] ^= 1 }
            expectFailure(try place.lockstep(make), code: 65, "data_batch_2.bin: missing, or not as shapes10.txt")
            try FileManager.default.createDirectory(atPath: place.path("mine"), withIntermediateDirectories: true)
            _ = try place.write("mine", "mine/notes")
            expectFailure(
                try place.lockstep(["data", "synthesize", place.path("mine")]), code: 64, "holds other files (notes)")
        }
    }

    /// The right length, but other bytes: the checksum tells, and nothing of it stays.
    @Test(.enabled(if: Python.isThere, "needs python3")) func fetchRefusesADamagedFile() throws {
        try withTemporaryDirectory { directory in
            let name = "train-images-idx3-ubyte.gz"
            try Data(count: 9_912_422).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
            let target = "\(directory)/mnist"
            let run = try Subprocess.run(
                "python3",
                ["-c", Self.servingWhile, directory, try buildProduct(named: "lockstep"), "data", "fetch", "mnist", target])
            expectFailure(
                run, code: 65, "/\(name): what was received is not the official file: found MD5 ",
                "expected f68b3c2dcbeaaa9fbdd348bbdeb94873")
            let left = (try? FileManager.default.contentsOfDirectory(atPath: target)) ?? []
            #expect(left.isEmpty, "\(left)")
            try expectPlain(run)
        }
    }

    @Test func fetchOfWhatIsNotThere() throws {
        try withTemporaryDirectory { directory in
            let program = try buildProduct(named: "lockstep")
            // Nobody listens on port 9 of this machine.
            let run = try Subprocess.run(
                program, ["data", "fetch", "mnist", "\(directory)/mnist", "--mirror", "http://127.0.0.1:9/"], timeLimit: 60)
            #expect([66, 74].contains(run.exitCode) && run.standardError.hasPrefix("error: "), "\(run.report)")
            let unknown = try Subprocess.run(program, ["data", "fetch", "cifar11", "\(directory)/x"])
            expectFailure(unknown, code: 64, "cifar10")
        }
    }

    /// Serves a directory over HTTP while the rest of the command line runs with `--mirror` of it.
    private static let servingWhile = """
        import functools, http.server, subprocess, sys, threading
        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *arguments): pass
        handler = functools.partial(Handler, directory=sys.argv[1])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.exit(subprocess.call(sys.argv[2:] + ["--mirror", "http://127.0.0.1:%d/" % server.server_address[1]]))
        """
}
