import Foundation
import Testing

/// Who may import whom. Imports go down only; a change of this list is a change of the house, and stands in its design.
@Suite struct ImportTests {
    /// Modules of ours and foreign ones, for each module of ours.
    private static let allowed: [String: Set<String>] = [
        "Diagnostics": [],
        "Random": [],
        "Statistics": [],
        "Reports": ["Diagnostics"],
        "Recorder": ["Diagnostics"],
        "MPI": ["COpenMPI", "Diagnostics"],
        "Kernels": ["CKernelTarget", "COpenBLAS"],
        "Networks": ["Diagnostics", "Kernels", "Random"],
        "Tuning": ["Kernels", "Networks", "Random", "Statistics"],
        "ImageFiles": ["CPNG", "CTurboJPEG", "Diagnostics"],
        "Datasets": ["Crypto", "CZlib", "Diagnostics", "ImageFiles", "Random"],
        "Checkpoints": ["CZlib", "Diagnostics"],
        "EventLog": ["Diagnostics", "SwiftProtobuf"],
        "Parallelism": ["Diagnostics", "Kernels", "MPI", "Networks"],
        "Timing": ["Diagnostics", "Kernels", "Parallelism"],
        "Training": [
            "Checkpoints", "Datasets", "Diagnostics", "EventLog", "ImageFiles", "Kernels", "MPI", "Networks", "Parallelism",
            "Random", "Recorder", "Timing", "Tuning", "Yams",
        ],
        "Benchmarks": ["Diagnostics", "Kernels", "MPI", "Networks", "Parallelism", "Statistics", "Training", "Tuning"],
        "Cluster": ["Checkpoints", "Crypto", "Diagnostics", "Random", "Recorder"],
        "Scaling": ["Diagnostics", "Kernels", "Parallelism", "Reports", "Statistics", "Timing"],
        "Studies": [
            "Cluster", "Datasets", "Diagnostics", "Networks", "Random", "Reports", "Scaling", "Statistics", "Timing", "Training",
        ],
        "lockstep": [
            "ArgumentParser", "Benchmarks", "CKernelTarget", "CProcessor", "Checkpoints", "Cluster", "Datasets", "Diagnostics",
            "Kernels",
            "MPI", "Networks", "Parallelism", "Recorder", "Reports", "Scaling", "Studies", "Timing", "Training", "Tuning",
        ],
    ]
    private static let systemLibraries: Set<String> = ["COpenBLAS", "COpenMPI", "CPNG", "CTurboJPEG", "CZlib"]
    /// C of our own, which imports nothing of ours.
    private static let cModules: Set<String> = ["CKernelTarget", "CProcessor"]
    /// What every module may use.
    private static let platform: Set<String> = ["Dispatch", "Foundation", "Glibc", "Swift", "Synchronization"]

    @Test func everyModuleIsInTheList() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root + "/Sources")
        #expect(Set(folders) == Set(Self.allowed.keys).union(Self.systemLibraries).union(Self.cModules))
    }

    @Test func importsGoDownOnly() throws {
        for file in try SourceTree.swiftFiles() {
            let allowed = try #require(Self.allowed[file.module], "\(file.path)")
            for line in file.code {
                guard let module = line.firstMatch(of: Self.importLine).map({ String($0.1) }), !Self.platform.contains(module)
                else {
                    continue
                }
                #expect(allowed.contains(module), "\(file.path): \(file.module) may not import \(module)")
            }
        }
    }

    /// The list itself has no circle: every module can be put after those that it imports.
    @Test func theListGoesDownOnly() {
        var placed: Set<String> = []
        while placed.count < Self.allowed.count {
            let next = Self.allowed.filter { name, imports in
                !placed.contains(name) && imports.allSatisfy { Self.allowed[$0] == nil || placed.contains($0) }
            }
            guard !next.isEmpty else {
                Issue.record("a circle among \(Set(Self.allowed.keys).subtracting(placed))")
                return
            }
            placed.formUnion(next.keys)
        }
    }

    /// Package.swift gives each module what the list allows, and nothing else.
    @Test func thePackageSaysTheSame() throws {
        let package = try String(contentsOfFile: SourceTree.root + "/Package.swift", encoding: .utf8)
        for (name, imports) in Self.allowed {
            let pattern = try Regex(
                "arget\\(\\s*name: \"\(name)\"(, dependencies: \\[(?<list>[^\\]]*)\\]|,\\s*dependencies: \\[(?<other>[^\\]]*)\\])?")
            let match = try #require(try pattern.firstMatch(in: package), "\(name)")
            let text = (match["list"]?.substring ?? match["other"]?.substring).map(String.init) ?? ""
            // `.product(name: "Crypto", package: "swift-crypto")` names one module, and a package that is none.
            let names = text.replacing(/, package: "[^"]*"/, with: "").matches(of: /"([^"]+)"/).map { String($0.1) }
            #expect(Set(names) == imports, "\(name)")
        }
    }

    private static var importLine: Regex<(Substring, Substring)> {
        /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:public\s+|internal\s+|private\s+)?import\s+(?:struct\s+|func\s+|class\s+|enum\s+)?(\w+)/
    }
}
