import SystemPackage
import Testing
import VeloCore
import VeloSystem

@Suite("Upgrading")
struct UpgradeTests {
    /// hello and what it needs, in version 1.0, and other, all installed.
    private func prepared(_ mirror: MirrorFixture) async throws {
        mirror.publish(
            try await mirror.bottle("hello", needs: ["libhi"]), try await mirror.bottle("libhi"),
            try await mirror.bottle("other"))
        try await mirror.install("hello", "other")
    }

    private func isOnRequest(_ name: String, _ mirror: MirrorFixture) throws -> Bool? {
        try Inventory.package(name, in: mirror.prefix)?.receipt?.installedOnRequest
    }

    @Test("without names, what is out of date is upgraded, and nothing becomes asked for by that")
    func all() async throws {
        try await MirrorFixture.with("upgrade-all") { mirror in
            try await prepared(mirror)
            mirror.publish(
                try await mirror.bottle("hello", needs: ["libhi"]), try await mirror.bottle("libhi", "1.1"),
                try await mirror.bottle("other", "2.0"))
            let (upgrade, summary) = try await mirror.makeInstaller().upgrade([])
            #expect(upgrade.packages.map(\.name) == ["libhi", "other"])
            #expect(summary.plan.toPour.map(\.name).sorted() == ["libhi", "other"])
            #expect(try await mirror.run("other") == "other 2.0\n")
            #expect(try await mirror.run("libhi") == "libhi 1.1\n")
            #expect(try await mirror.run("hello") == "hello 1.0\n")
            #expect(try isOnRequest("libhi", mirror) == false)
            #expect(try isOnRequest("other", mirror) == true)
            let (again, nothing) = try await mirror.makeInstaller().upgrade([])
            #expect(again.packages.isEmpty && nothing.plan.steps.isEmpty)
        }
    }

    @Test("what was asked for once stays so when it is upgraded for something else")
    func staysRequested() async throws {
        try await MirrorFixture.with("upgrade-request") { mirror in
            try await prepared(mirror)
            try await mirror.install("libhi")
            #expect(try isOnRequest("libhi", mirror) == true)
            mirror.publish(
                try await mirror.bottle("hello", "1.1", needs: ["libhi"]), try await mirror.bottle("libhi", "1.1"))
            try await mirror.install("hello")
            #expect(try mirror.prefix.kegs("libhi").map(\.pkgVersion) == ["1.1"])
            #expect(try isOnRequest("libhi", mirror) == true)
        }
    }

    @Test("a name upgrades that package and what its new version needs, and no other")
    func named() async throws {
        try await MirrorFixture.with("upgrade-named") { mirror in
            try await prepared(mirror)
            mirror.publish(
                try await mirror.bottle("hello", "1.1", needs: ["libhi", "libho"]), try await mirror.bottle("libhi"),
                try await mirror.bottle("libho"), try await mirror.bottle("other", "2.0"))
            let (upgrade, plan) = try await mirror.makeInstaller().upgradePlan(["hello"])
            #expect(upgrade.packages.map(\.available) == ["1.1"])
            #expect(plan.toPour.map(\.name) == ["libho", "hello"])
            _ = try await mirror.makeInstaller().upgrade(["hello"])
            #expect(try await mirror.run("hello") == "hello 1.1\n")
            #expect(try await mirror.run("other") == "other 1.0\n")
            #expect(try isOnRequest("libho", mirror) == false)
        }
    }

    @Test("what cannot be upgraded keeps nothing else from it; what no mirror has is told")
    func refused() async throws {
        try await MirrorFixture.with("upgrade-refused") { mirror in
            try await prepared(mirror)
            mirror.publish(
                try await mirror.bottle("hello", "1.1", needs: ["libhi"]) {
                    $0.isDisabled = true
                    $0.deprecation = "it does not build"
                }, try await mirror.bottle("libhi", "1.1"))
            let before = try mirror.prefix.kegs("hello")
            let (upgrade, _) = try await mirror.makeInstaller().upgrade([])
            #expect(upgrade.refused.map(\.name) == ["hello"])
            #expect(upgrade.refused.first?.problem.summary == "`hello` is disabled: it does not build")
            #expect(upgrade.unknown == ["other"])
            #expect(try await mirror.run("libhi") == "libhi 1.1\n")
            #expect(try mirror.prefix.kegs("hello") == before)
            await #expect(throws: PlanRefusal.self) { try await mirror.makeInstaller().upgrade(["hello"]) }
        }
    }

    @Test("a name that is not installed is an error, with the nearest that is")
    func notInstalled() async throws {
        try await MirrorFixture.with("upgrade-missing") { mirror in
            try await prepared(mirror)
            await #expect(throws: InstallError.self) { try await mirror.makeInstaller().upgrade(["helo"]) }
        }
    }
}
