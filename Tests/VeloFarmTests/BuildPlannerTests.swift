import Testing
import VeloCore

@testable import VeloFarm

@Suite("Build planner")
struct BuildPlannerTests {
    private func record(
        _ name: String, tap: String = "velo/test", runtime: [String] = [], build: [String] = [], test: [String] = [],
        aliases: [String] = []
    ) -> FormulaRecord {
        var catalog = CatalogFormula(name: name, tap: tap, version: "1.0")
        catalog.dependencies = runtime
        catalog.buildDependencies = build
        catalog.aliases = aliases
        return FormulaRecord(catalog: catalog, testDependencies: test)
    }

    private func planner(
        _ records: [FormulaRecord], bottles: Set<String> = [], externals: [String: String] = [:]
    ) -> BuildPlanner {
        BuildPlanner(index: FormulaIndex(records), externals: externals) { bottles.contains($0.catalog.name) }
    }

    private func names(_ plan: BuildPlan) -> [String] { plan.steps.map(\.formula) }

    @Test("each step comes after what it needs, none twice")
    func ordersClosure() throws {
        let plan = try planner([
            record("app", runtime: ["left", "right"]), record("left", runtime: ["base"]),
            record("right", runtime: ["base"]),
            record("base"),
        ]).plan("app")
        #expect(names(plan) == ["base", "left", "right", "app"])
        #expect(plan.steps[3].needs == [0, 1, 2])
        #expect(plan.steps[1].needs == [0])
        #expect(plan.target.fullName == "velo/test/app")
    }

    @Test("nothing is to be done when every bottle of the closure is there")
    func nothingMissing() throws {
        let records = [record("app", runtime: ["base"]), record("base")]
        #expect(try planner(records, bottles: ["app", "base"]).plan("app").steps.isEmpty)
    }

    @Test("what a bottle needs to run is built although the bottle itself is there")
    func fillsBelowABottle() throws {
        let records = [record("app", runtime: ["middle"]), record("middle", runtime: ["base"]), record("base")]
        let plan = try planner(records, bottles: ["middle"]).plan("app")
        #expect(names(plan) == ["base", "app"])
        #expect(plan.steps[1].needs == [0])
    }

    @Test("build and test dependencies matter only for what is built")
    func buildDependencies() throws {
        let records = [
            record("app", runtime: ["lib"]), record("lib", build: ["tool"], test: ["checker"]), record("tool"),
            record("checker"),
        ]
        #expect(names(try planner(records).plan("app")) == ["tool", "checker", "lib", "app"])
        #expect(names(try planner(records, bottles: ["lib"]).plan("app")) == ["app"])
    }

    @Test("a build dependency that the host satisfies needs no formula; a runtime dependency always does")
    func externals() throws {
        let records = [record("app", build: ["cmake"])]
        #expect(names(try planner(records, externals: ["cmake": "cmake"]).plan("app")) == ["app"])
        #expect(throws: PlanError.unknownDependency("cmake", of: "app")) { try planner(records).plan("app") }
        #expect(throws: PlanError.unknownDependency("cmake", of: "run")) {
            try planner([record("run", runtime: ["cmake"])], externals: ["cmake": "cmake"]).plan("run")
        }
    }

    @Test("a circle is named")
    func cycles() {
        let records = [record("a", runtime: ["b"]), record("b", runtime: ["c"]), record("c", runtime: ["a"])]
        #expect(throws: PlanError.cycle(["velo/test/a", "velo/test/b", "velo/test/c", "velo/test/a"])) {
            try planner(records).plan("a")
        }
        let tools = [record("a", build: ["b"]), record("b", build: ["a"])]
        #expect(throws: PlanError.cycle(["velo/test/a", "velo/test/b", "velo/test/a"])) { try planner(tools).plan("a") }
    }

    @Test("an unknown name comes with those that are like it")
    func unknown() {
        let records = [record("libogg"), record("libvorbis"), record("zstd")]
        #expect(throws: PlanError.unknownFormula("libog", nearest: ["libogg"])) { try planner(records).plan("libog") }
        #expect(throws: PlanError.unknownFormula("nothing-like-it", nearest: [])) {
            try planner(records).plan("nothing-like-it")
        }
    }

    @Test("a name that two taps have must say which, except inside one of them")
    func ambiguity() throws {
        let records = [
            record("zlib", tap: "one/x"), record("zlib", tap: "two/y"), record("app", tap: "two/y", runtime: ["zlib"]),
        ]
        #expect(throws: PlanError.ambiguous("zlib", ["one/x/zlib", "two/y/zlib"])) { try planner(records).plan("zlib") }
        #expect(try planner(records).plan("one/x/zlib").steps.map(\.tap) == ["one/x"])
        #expect(try planner(records).plan("app").steps.map(\.tap) == ["two/y", "two/y"])
    }

    @Test("an alias stands for its formula, but never hides a formula of that name")
    func aliases() throws {
        let records = [record("python@3.12", aliases: ["python", "zlib"]), record("zlib")]
        #expect(names(try planner(records).plan("python")) == ["python@3.12"])
        #expect(names(try planner(records).plan("zlib")) == ["zlib"])
    }

    @Test("a build pours its dependencies in order, and knows which are its own and which only build it")
    func pourList() throws {
        let app = record("app", runtime: ["lib"], build: ["tool", "cmake"], test: ["lib"])
        let list = try planner(
            [app, record("lib", runtime: ["base"]), record("base"), record("tool", runtime: ["base"])],
            externals: ["cmake": "cmake", "ninja": "ninja"]
        ).pourList(app)
        #expect(list.items.map(\.formula.name) == ["base", "lib", "tool"])
        #expect(list.items.map(\.isDirect) == [false, true, true])
        #expect(list.items.map(\.isBuildOnly) == [false, false, true])
        #expect(list.externals == ["cmake": "cmake"])
    }

    @Test("a disabled formula is not built")
    func disabled() {
        var gone = record("gone")
        gone.catalog.isDisabled = true
        gone.catalog.deprecation = "disabled because it does not build"
        #expect(throws: PlanError.disabled("gone", reason: "disabled because it does not build")) {
            try planner([gone]).plan("gone")
        }
    }
}
