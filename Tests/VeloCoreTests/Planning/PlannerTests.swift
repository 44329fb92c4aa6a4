import SystemPackage
import Testing
import VeloCore
import VeloSystem

@Suite("Planner")
struct PlannerTests {
    private func plan(
        _ names: [String], _ formulae: [CatalogFormula], prefix: String = "/opt/velo",
        installed: Inventory = Inventory(),
        _ intent: InstallIntent = .install
    ) throws -> InstallPlan {
        let planner = Planner(
            catalog: CatalogFixture.catalog(formulae), inventory: installed, prefix: Prefix(at: FilePath(prefix)),
            platform: CatalogFixture.platform)
        return try planner.plan(names, intent)
    }

    private func installed(_ packages: (String, String)...) -> Inventory {
        var inventory = Inventory()
        for (name, version) in packages {
            let keg = Keg(name: name, pkgVersion: version, location: FilePath("/opt/velo/Cellar/\(name)/\(version)"))
            inventory.packages[name] = Inventory.Package(
                name: name, kegs: [keg], current: keg, isLinked: true, receipt: nil)
        }
        return inventory
    }

    @Test("says what is new, what is upgraded and what is there")
    func actions() throws {
        let formulae = [
            CatalogFixture.formula("a", "2.0", needs: ["b", "c", "d"]), CatalogFixture.formula("b", "1.0"),
            CatalogFixture.formula("c", "1.0") { $0.revision = 1 }, CatalogFixture.formula("d", "1.0"),
        ]
        let plan = try plan(["a"], formulae, installed: installed(("b", "1.0"), ("c", "1.0"), ("d", "1.5")))
        #expect(plan.steps.map(\.name) == ["b", "c", "d", "a"])
        #expect(
            plan.steps.map(\.action) == [
                .keep(installed: "1.0"), .upgrade(from: "1.0"), .keep(installed: "1.5"), .install,
            ])
        #expect(plan.steps.map(\.isRequested) == [false, false, false, true])
        #expect(plan.downloadSize == 2000)
    }

    @Test("reinstalls what is named, not what it needs")
    func reinstall() throws {
        let formulae = [CatalogFixture.formula("a", needs: ["b"]), CatalogFixture.formula("b")]
        let plan = try plan(["a"], formulae, installed: installed(("a", "1.0"), ("b", "1.0")), .reinstall)
        #expect(plan.steps.map(\.action) == [.keep(installed: "1.0"), .reinstall])
    }

    @Test("lists what has to be built, and which of the named need it")
    func missingBottles() throws {
        let formulae = [
            CatalogFixture.formula("a", needs: ["b"]), CatalogFixture.formula("b", hasBottle: false),
            CatalogFixture.formula("c"),
            CatalogFixture.formula("mac", hasBottle: false) {
                $0.bottles = [CatalogFixture.bottle("mac", "1", platform: "arm64_sonoma")]
            },
        ]
        let plan = try plan(["a", "c", "mac"], formulae)
        #expect(plan.missingBottles == ["b", "mac"])
        #expect(try plan.rootsToBuild(in: Resolver(catalog: CatalogFixture.catalog(formulae))) == ["a", "mac"])
    }

    @Test("refuses a bottle whose binaries have no room for the prefix")
    func prefixTooLong() {
        let formula = CatalogFixture.formula("a") { $0.bottles[0].longestPrefix = 26 }
        let error = #expect(throws: PlanRefusal.self) {
            try plan(["a"], [formula], prefix: "/home/somebody/with/a/long/name/.velo")
        }
        #expect(
            error?.summary
                == "the bottle of `a` cannot go to `/home/somebody/with/a/long/name/.velo`: "
                + "its binaries have room for 26 bytes, and the path has 37")
        #expect(throws: Never.self) { try plan(["a"], [formula], prefix: "/home/linuxbrew/.linuxbrew") }
    }

    @Test("a bottle for one cellar goes to a prefix that is no longer, as its strings can be written over")
    func otherBuilder() {
        let formula = CatalogFixture.formula("a") { $0.bottles[0].cellar = "/home/linuxbrew/.linuxbrew/Cellar" }
        #expect(throws: Never.self) { try plan(["a"], [formula], prefix: "/opt/velo") }
        let error = #expect(throws: PlanRefusal.self) {
            try plan(["a"], [formula], prefix: "/home/somebody/with/a/long/name/.velo")
        }
        #expect(error?.summary.contains("its binaries have room for 26 bytes, and the path has 37") == true)
    }

    @Test("refuses a bottle that can go nowhere but to the cellar it was built for")
    func otherCellar() {
        let formula = CatalogFixture.formula("a") {
            $0.bottles[0].cellar = "/home/linuxbrew/.linuxbrew/Cellar"
            $0.bottles[0].longestPrefix = 0
        }
        let error = #expect(throws: PlanRefusal.self) { try plan(["a"], [formula]) }
        #expect(error?.hints.first == "use the prefix `/home/linuxbrew/.linuxbrew`")
        #expect(error?.hints.last?.contains("velod build a --prefix /opt/velo --tap") == true, "\(error?.hints ?? [])")
        #expect(throws: Never.self) { try plan(["a"], [formula], prefix: "/home/linuxbrew/.linuxbrew") }
    }

    @Test("refuses what is disabled, also as a dependency, and says why")
    func disabled() {
        let formulae = [
            CatalogFixture.formula("a", needs: ["b"]),
            CatalogFixture.formula("b") { ($0.isDisabled, $0.deprecation) = (true, "it has no maintainer") },
        ]
        #expect(throws: PlanRefusal.disabled("b", reason: "it has no maintainer")) { try plan(["a"], formulae) }
    }

    @Test("refuses what conflicts with an installed package, whichever of the two says so")
    func conflicts() {
        let formulae = [
            CatalogFixture.formula("a") { $0.conflictsWith = ["b"] }, CatalogFixture.formula("b"),
        ]
        #expect(throws: PlanRefusal.conflict("a", "b", isInstalled: true)) {
            try plan(["a"], formulae, installed: installed(("b", "1.0")))
        }
        #expect(throws: PlanRefusal.conflict("b", "a", isInstalled: true)) {
            try plan(["b"], formulae, installed: installed(("a", "1.0")))
        }
        #expect(throws: PlanRefusal.conflict("a", "b", isInstalled: false)) { try plan(["a", "b"], formulae) }
    }

    @Test(
        "refuses names that would lead out of the Cellar", arguments: ["../../etc", "..", "a/b", "", "a b", "a\u{0}"])
    func badNames(name: String) {
        let formulae = [
            CatalogFixture.formula("named") { $0.name = name }, CatalogFixture.formula("versioned", name),
            CatalogFixture.formula("called") { $0.aliases = [name] },
        ]
        for root in [name, "versioned", "called"] {
            #expect(throws: PlanRefusal.badName(name)) { try plan([root], formulae) }
        }
    }

    @Test("tells every unknown name at once")
    func allUnknown() {
        let error = #expect(throws: Problems.self) { try plan(["x", "y"], []) }
        #expect(error?.all.map(\.summary) == ["no formula is called `x`", "no formula is called `y`"])
    }
}
