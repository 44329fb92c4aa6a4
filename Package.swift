// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target: Swift 6 mode, warnings are errors.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Modules whose tests look inside: the optimised build keeps their internal declarations visible to tests.
let testable = house + [.unsafeFlags(["-enable-testing"])]

/// The evaluator asks at no turn whether somebody else is changing what it changes: each evaluation has its values to
/// itself. The checks cost some 5 % of reading a tap.
let evaluator = house + [.unsafeFlags(["-enforce-exclusivity=unchecked"])]

/// The one target that touches raw memory says `unsafe` wherever it does.
let boundary = house + [.strictMemorySafety()]

/// Both programs carry the Swift runtime: they start fast, run inside the sandbox, and need no toolchain where they are
/// deployed. Tests link the same objects dynamically, so that everything is compiled once.
/// Modules compiled for the shared runtime do not name what its static form needs besides: it is listed here.
let standalone: [LinkerSetting] = [
    .unsafeFlags(["-static-stdlib"]),
    .linkedLibrary("_FoundationCShims"), .linkedLibrary("_FoundationCollections"),
]
/// Reading a tap is making and dropping small objects: mimalloc in the place of the C library's allocator takes 7 % off
/// the whole, and costs nothing to start.
let allocator: [LinkerSetting] = [.linkedLibrary("mimalloc")]
/// Started once for every file that a build compiles: nothing is loaded, so it starts in a millisecond. The runtime's
/// `dlopen`, about which the linker warns, is never called.
let selfContained: [LinkerSetting] = [.unsafeFlags(["-static-executable"])]
let standaloneWithFoundation: [LinkerSetting] =
    standalone + [
        .linkedLibrary("CoreFoundation"), .linkedLibrary("_FoundationICU"), .linkedLibrary("_CFXMLInterface"),
        .linkedLibrary("xml2"), .linkedLibrary("z"),
    ]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "velocity",
    products: [
        .executable(name: "velo", targets: ["velo"]),
        .executable(name: "velod", targets: ["velod"]),
        .executable(name: "velo-cc", targets: ["velo-cc"]),
        .executable(name: "velo-step", targets: ["velo-step"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        // The rest is linked into velod only.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // System libraries: a module map and a shim each.
        .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CLibDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CLibZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        // Calls that the Glibc module hides behind _GNU_SOURCE; libraries that are loaded when they are first called.
        .target(name: "CVeloShims"),
        .target(name: "CLibCurl", dependencies: ["CVeloShims"]),
        .target(name: "CLibArchive", dependencies: ["CVeloShims"]),

        // The layers, lowest first; each imports only what stands above it in this list.
        .target(
            name: "VeloSystem",
            dependencies: [
                "CLibArchive", "CLibCrypto", "CLibCurl", "CLibDeflate", "CLibISAL", "CLibZstd", "CVeloShims",
                systemPackage,
            ],
            swiftSettings: boundary),
        .target(name: "VeloShim", swiftSettings: house),
        .target(name: "VeloFormula", dependencies: ["VeloSystem"], swiftSettings: evaluator),
        .target(name: "VeloCore", dependencies: ["VeloFormula", "VeloSystem", systemPackage], swiftSettings: testable),
        .target(
            name: "VeloBuild",
            dependencies: ["VeloCore", "VeloFormula", "VeloShim", "VeloSystem", systemPackage],
            swiftSettings: house),
        .target(
            name: "VeloGit", dependencies: ["CLibGit2", "VeloBuild", "VeloSystem", systemPackage], swiftSettings: house),
        .target(
            name: "VeloFarm",
            dependencies: [
                "VeloBuild", "VeloCore", "VeloFormula", "VeloGit", "VeloSystem", logging, systemPackage,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            swiftSettings: testable),
        .target(
            name: "VeloCLI",
            dependencies: ["VeloCore", "VeloFormula", "VeloSystem", argumentParser, systemPackage],
            swiftSettings: house),

        // Entry points.
        .executableTarget(
            name: "velo", dependencies: ["VeloCLI", argumentParser], swiftSettings: house,
            linkerSettings: allocator + standalone),
        .executableTarget(
            name: "velo-step", dependencies: ["VeloBuild", "VeloSystem"], swiftSettings: house,
            linkerSettings: standalone),
        .executableTarget(
            name: "velo-cc", dependencies: ["VeloShim"], swiftSettings: house, linkerSettings: selfContained),
        .executableTarget(
            name: "velod",
            dependencies: [
                "VeloBuild", "VeloCLI", "VeloCore", "VeloFarm", "VeloGit", "VeloSystem", argumentParser, logging,
                systemPackage,
            ],
            swiftSettings: house, linkerSettings: standaloneWithFoundation),

        // Tests: real parts, real processes. The integration tests run the two programs above, but must not depend on them:
        // the linker settings of those would become theirs.
        .target(
            name: "VeloTestSupport", dependencies: ["VeloSystem", systemPackage], path: "Tests/VeloTestSupport",
            swiftSettings: house),
        .testTarget(name: "HouseTests", swiftSettings: house),
        .testTarget(
            name: "VeloSystemTests", dependencies: ["VeloSystem", "VeloTestSupport", systemPackage],
            swiftSettings: house),
        .testTarget(
            name: "VeloFormulaTests", dependencies: ["VeloFormula", "VeloSystem"], exclude: ["Fixtures"],
            swiftSettings: house),
        .testTarget(
            name: "VeloCoreTests",
            dependencies: ["VeloCore", "VeloFormula", "VeloSystem", "VeloTestSupport", systemPackage],
            swiftSettings: house),
        .testTarget(
            name: "VeloBuildTests",
            dependencies: [
                "VeloBuild", "VeloCore", "VeloFormula", "VeloGit", "VeloShim", "VeloSystem", "VeloTestSupport",
                systemPackage,
            ],
            swiftSettings: house),
        .testTarget(
            name: "VeloFarmTests",
            dependencies: [
                "VeloBuild", "VeloCore", "VeloFarm", "VeloFormula", "VeloGit", "VeloSystem", "VeloTestSupport", logging,
                systemPackage,
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: house),
        .testTarget(
            name: "VeloCLITests",
            dependencies: [
                "VeloCLI", "VeloCore", "VeloFormula", "VeloSystem", "VeloTestSupport", argumentParser, systemPackage,
            ],
            exclude: ["Snapshots"], swiftSettings: house),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["VeloCore", "VeloSystem", "VeloTestSupport", systemPackage],
            swiftSettings: house),
    ]
)
