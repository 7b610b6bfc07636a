// swift-tools-version: 6.2
import PackageDescription

/// Whether `scripts/fuzz` asks, which builds one program more: libFuzzer's, with branches counted in all that it is made of.
let isFuzzing = Context.environment["LOCKSTEP_FUZZ"] != nil

/// Every target of ours: warnings are errors. Tests see internal names in the very build that users run, so one build serves both.
let strict: [SwiftSetting] =
    [
        .treatAllWarnings(as: .error),
        .unsafeFlags(["-enable-testing"], .when(configuration: .release)),
    ] + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

/// The CPU that `Kernels` alone is compiled for: the one that it is built on. `CKernelTarget` says which instruction sets that means.
let kernelTarget = "-march=native"

/// `Kernels` alone is compiled without bounds checks.
let kernels: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-Ounchecked", "-Xcc", kernelTarget, "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "lockstep",
    products: [.executable(name: "lockstep", targets: ["lockstep"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System libraries: a module map and a shim header each.
        .systemLibrary(name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),

        // What must run before anything that is compiled for one CPU.
        .target(name: "CKernelTarget", cSettings: [.unsafeFlags([kernelTarget], .when(configuration: .release))]),
        .target(name: "CProcessor"),

        // The house, from the ground up: imports go down only.
        .target(name: "Diagnostics", swiftSettings: strict),
        .target(name: "Random", swiftSettings: strict),
        .target(name: "Statistics", swiftSettings: strict),
        .target(name: "Reports", dependencies: ["Diagnostics"], swiftSettings: strict),
        .target(name: "Recorder", dependencies: ["Diagnostics"], swiftSettings: strict),
        .target(name: "MPI", dependencies: ["COpenMPI", "Diagnostics"], swiftSettings: strict),
        .target(name: "Kernels", dependencies: ["CKernelTarget", "COpenBLAS"], swiftSettings: kernels),
        .target(name: "Networks", dependencies: ["Diagnostics", "Kernels", "Random"], swiftSettings: strict),
        .target(name: "Tuning", dependencies: ["Kernels", "Networks", "Random", "Statistics"], swiftSettings: strict),
        .target(name: "ImageFiles", dependencies: ["CPNG", "CTurboJPEG", "Diagnostics"], swiftSettings: strict),
        .target(
            name: "Datasets",
            dependencies: ["CZlib", "Diagnostics", "ImageFiles", "Random", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(name: "Checkpoints", dependencies: ["CZlib", "Diagnostics"], swiftSettings: strict),
        .target(
            name: "EventLog", dependencies: ["Diagnostics", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["Messages/hparams.proto", "Messages/tensorboard.proto"], swiftSettings: strict),
        .target(name: "Parallelism", dependencies: ["Diagnostics", "Kernels", "MPI", "Networks"], swiftSettings: strict),
        .target(name: "Timing", dependencies: ["Diagnostics", "Kernels", "Parallelism"], swiftSettings: strict),
        .target(
            name: "Training",
            dependencies: [
                "Checkpoints", "Datasets", "Diagnostics", "EventLog", "ImageFiles", "Kernels", "MPI", "Networks", "Parallelism",
                "Random", "Recorder", "Timing", "Tuning", "Yams",
            ],
            swiftSettings: strict),
        .target(
            name: "Benchmarks",
            dependencies: ["Diagnostics", "Kernels", "MPI", "Networks", "Parallelism", "Statistics", "Training", "Tuning"],
            swiftSettings: strict),
        .target(
            name: "Cluster",
            dependencies: ["Checkpoints", "Diagnostics", "Random", "Recorder", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        .target(
            name: "Scaling", dependencies: ["Diagnostics", "Kernels", "Parallelism", "Reports", "Statistics", "Timing"],
            swiftSettings: strict),
        .target(
            name: "Studies",
            dependencies: [
                "Cluster", "Datasets", "Diagnostics", "Networks", "Random", "Reports", "Scaling", "Statistics", "Timing",
                "Training",
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "lockstep",
            dependencies: [
                "Benchmarks", "CKernelTarget", "CProcessor", "Checkpoints", "Cluster", "Datasets", "Diagnostics", "Kernels", "MPI",
                "Networks", "Parallelism", "Recorder", "Reports", "Scaling", "Studies", "Timing", "Training", "Tuning",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Tests: what they share, the cases that run under mpirun, and a suite for each module.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .target(name: "ImageWriting", dependencies: ["CTurboJPEG", "CZlib"], path: "Tests/ImageWriting", swiftSettings: strict),
        .executableTarget(
            name: "mpi-cases", dependencies: ["Diagnostics", "Kernels", "MPI", "Parallelism"], path: "Tests/MPICases",
            swiftSettings: strict),
        .testTarget(name: "MPITests", dependencies: ["Diagnostics", "MPI", "TestSupport", "mpi-cases"], swiftSettings: strict),
        .testTarget(
            name: "ParallelismTests", dependencies: ["Diagnostics", "Networks", "Parallelism", "TestSupport"], swiftSettings: strict
        ),
        .testTarget(
            name: "ClusterTests", dependencies: ["Cluster", "Diagnostics", "TestSupport", "Yams"], swiftSettings: strict),
        .testTarget(name: "RandomTests", dependencies: ["Random"], swiftSettings: strict),
        .testTarget(
            name: "BenchmarksTests", dependencies: ["Benchmarks", "Kernels", "Networks", "Training"], swiftSettings: strict),
        .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "NetworksTests", dependencies: ["Diagnostics", "Kernels", "Networks", "Random", "TestSupport"],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(name: "TuningTests", dependencies: ["Kernels", "Networks", "Tuning"], swiftSettings: strict),
        .testTarget(name: "ReportsTests", dependencies: ["Reports"], swiftSettings: strict),
        .testTarget(name: "RecorderTests", dependencies: ["Diagnostics", "Recorder", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Diagnostics", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "EventLogTests",
            dependencies: ["Diagnostics", "EventLog", "TestSupport", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["Golden"], swiftSettings: strict),
        .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
        .executableTarget(
            name: "allocation-cases",
            dependencies: ["CAllocationCounter", "Datasets", "Kernels", "MPI", "Networks", "Parallelism", "Training", "Tuning"],
            path: "Tests/AllocationCases", swiftSettings: strict),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "Checkpoints", "Datasets", "Diagnostics", "EventLog", "ImageFiles", "Kernels", "Networks", "Parallelism",
                "TestSupport", "Training", "allocation-cases",
            ],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "CProcessor", "Checkpoints", "Diagnostics", "EventLog", "ImageFiles", "ImageWriting", "Kernels", "Recorder",
                "Scaling",
                "TestSupport", "Timing", "lockstep",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "StudiesTests",
            dependencies: ["Cluster", "Diagnostics", "Networks", "Statistics", "Studies", "TestSupport", "Training", "lockstep"],
            swiftSettings: strict),
        .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ScalingTests",
            dependencies: ["Diagnostics", "Kernels", "Parallelism", "Reports", "Scaling", "Statistics", "Timing"],
            swiftSettings: strict),
        .testTarget(name: "TimingTests", dependencies: ["Kernels", "Parallelism", "Timing"], swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "DatasetsTests",
            dependencies: ["CZlib", "Datasets", "Diagnostics", "ImageFiles", "ImageWriting", "Random", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "ImageFilesTests", dependencies: ["ImageFiles", "ImageWriting"], swiftSettings: strict),

        // Parsers of foreign bytes, each with a function that feeds it; a suite that replays found cases, and the fuzzer's program.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CZlib", "Checkpoints", "Cluster", "Datasets", "Diagnostics", "ImageFiles", "Networks", "Recorder", "Scaling",
                "Studies", "Timing", "Training",
            ],
            path: "Tests/FuzzTargets", swiftSettings: strict),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "Random"], exclude: ["Corpora"], swiftSettings: strict),
    ]
        + (isFuzzing
            ? [
                .systemLibrary(name: "CLibFuzzer", path: "Tests/CLibFuzzer"),
                .executableTarget(
                    name: "fuzz", dependencies: ["CLibFuzzer", "FuzzTargets"], path: "Tests/Fuzz", swiftSettings: strict),
            ] : [])
)
