import Testing

@Suite("Layers")
struct LayeringTests {
    /// Lowest first. VeloCLI stands beside VeloFarm: velo must not carry the server.
    static let mayImport: [String: Set<String>] = [
        "VeloSystem": [],
        "VeloFormula": ["VeloSystem"],
        "VeloCore": ["VeloFormula", "VeloSystem"],
        "VeloShim": [],
        "VeloBuild": ["VeloCore", "VeloFormula", "VeloShim", "VeloSystem"],
        "VeloGit": ["VeloBuild", "VeloSystem"],
        "VeloFarm": ["VeloBuild", "VeloCore", "VeloFormula", "VeloGit", "VeloSystem"],
        "VeloCLI": ["VeloCore", "VeloFormula", "VeloSystem"],
        "velo": ["VeloCLI", "VeloCore", "VeloSystem"],
        "velo-cc": ["VeloShim"],
        "velo-step": ["VeloBuild", "VeloSystem"],
        "velod": ["VeloBuild", "VeloCLI", "VeloCore", "VeloFarm", "VeloFormula", "VeloGit", "VeloSystem"],
    ]

    @Test("imports point down only")
    func importsPointDown() throws {
        for file in try Checkout.swiftFiles(in: "Sources") {
            let allowed = try #require(Self.mayImport[file.module], "\(file.path) is in no known layer")
            for imported in file.lines.compactMap(Checkout.importedModule) where Self.mayImport[imported] != nil {
                #expect(allowed.contains(imported), "\(file.path) imports \(imported)")
            }
        }
    }

    @Test("the server's packages are imported by VeloFarm and velod alone")
    func serverPackagesStayInTheFarm() throws {
        let server: Set<String> = [
            "GRDB", "Hummingbird", "HummingbirdCore", "NIOCore", "NIOPosix", "TOMLKit",
        ]
        for file in try Checkout.swiftFiles(in: "Sources") where !["VeloFarm", "velod"].contains(file.module) {
            for imported in file.lines.compactMap(Checkout.importedModule) {
                #expect(!server.contains(imported), "\(file.path) imports \(imported)")
            }
        }
    }

    @Test("what velo links needs no full Foundation")
    func noFullFoundation() throws {
        for file in try Checkout.swiftFiles(in: "Sources") where !["VeloFarm", "velod"].contains(file.module) {
            #expect(!file.lines.compactMap(Checkout.importedModule).contains("Foundation"), "\(file.path)")
        }
    }

    @Test("the formula language touches no file, clock or network")
    func formulaLanguageIsPure() throws {
        let machine: Set<String> = ["Glibc", "Foundation", "FoundationEssentials", "SystemPackage", "CVeloShims"]
        for file in try Checkout.swiftFiles(in: "Sources") where file.module == "VeloFormula" {
            for imported in file.lines.compactMap(Checkout.importedModule) {
                #expect(!machine.contains(imported), "\(file.path) imports \(imported)")
            }
        }
    }

    @Test("the C libraries are imported by the module that wraps them alone")
    func librariesStayBehindTheirWrapper() throws {
        for file in try Checkout.swiftFiles(in: "Sources") where file.module != "VeloSystem" {
            for imported in file.lines.compactMap(Checkout.importedModule) {
                #expect(
                    ![
                        "CLibCurl", "CLibArchive", "CLibCrypto", "CLibDeflate", "CLibISAL", "CLibZstd", "CVeloShims",
                    ].contains(imported),
                    "\(file.path) imports \(imported)")
            }
        }
        for file in try Checkout.swiftFiles(in: "Sources") where file.module != "VeloGit" {
            #expect(!file.lines.compactMap(Checkout.importedModule).contains("CLibGit2"), "\(file.path)")
        }
    }
}
