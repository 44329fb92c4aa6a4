import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Install")
struct InstallTests {
    @Test("a program and what it needs are poured, linked and recorded, and run")
    func installs() async throws {
        try await MirrorFixture.with("install") { mirror in
            mirror.publish(
                try await mirror.bottle("hello", needs: ["libhi"]),
                try await mirror.bottle("libhi", "2.0", files: ["lib/libhi.so": "x"]))
            let summary = try await mirror.install("hello")
            #expect(summary.plan.toPour.map(\.name) == ["libhi", "hello"])
            #expect(try await mirror.run("hello") == "hello 1.0\n")
            let inventory = try Inventory(of: mirror.prefix)
            let hello = try #require(inventory["hello"]?.receipt)
            #expect(hello.installedOnRequest == true)
            #expect(hello.runtimeDependencies?.map(\.fullName) == ["libhi"])
            #expect(hello.runtimeDependencies?.first?.pkgVersion == "2.0")
            #expect(hello.source?.tap == "velo/recipes")
            #expect(hello.source?.tapGitHead == "4f0c")
            #expect(inventory["libhi"]?.receipt?.installedOnRequest == false)
            #expect(!FileTree.exists(mirror.prefix.journal))
            #expect(try FileTree.names(in: mirror.prefix.staging).isEmpty)
        }
    }

    @Test("the second time nothing is fetched or changed")
    func isIdempotent() async throws {
        try await MirrorFixture.with("again") { mirror in
            mirror.publish(try await mirror.bottle("hello"))
            try await mirror.install("hello")
            let before = try mirror.prefixFixture.snapshot()
            let requests = mirror.server.requests.count
            let summary = try await mirror.install("hello")
            #expect(summary.plan.steps.map(\.action) == [.keep(installed: "1.0")])
            #expect(mirror.server.requests.dropFirst(requests).map(\.target) == ["/catalog/v2/head.json"])
            #expect(mirror.server.requests.last?.headers["if-none-match"] == "\"edition-2\"")
            #expect(try mirror.prefixFixture.snapshot() == before)
        }
    }

    @Test("a dependency that is asked for later is noted as such")
    func notesRequest() async throws {
        try await MirrorFixture.with("request") { mirror in
            mirror.publish(try await mirror.bottle("hello", needs: ["libhi"]), try await mirror.bottle("libhi"))
            try await mirror.install("hello")
            try await mirror.install("libhi")
            #expect(try Inventory(of: mirror.prefix)["libhi"]?.receipt?.installedOnRequest == true)
        }
    }

    @Test("an upgrade replaces the old keg and its links")
    func upgrades() async throws {
        try await MirrorFixture.with("upgrade") { mirror in
            mirror.publish(try await mirror.bottle("hello", files: ["bin/oldname": "x", "share/hello/a": "1"]))
            try await mirror.install("hello")
            mirror.publish(try await mirror.bottle("hello", "1.1", files: ["share/hello/a": "2"]))
            try await mirror.install("hello")
            #expect(try await mirror.run("hello") == "hello 1.1\n")
            #expect(try mirror.prefixFixture.text("share/hello/a") == "2")
            #expect(try mirror.prefixFixture.kind("bin/oldname") == nil)
            #expect(try mirror.prefix.kegs("hello").map(\.pkgVersion) == ["1.1"])
        }
    }

    @Test("a reinstall puts back what was damaged")
    func reinstalls() async throws {
        try await MirrorFixture.with("reinstall") { mirror in
            mirror.publish(try await mirror.bottle("hello"))
            try await mirror.install("hello")
            try FileTree.write(
                Array("damaged".utf8), to: mirror.prefix.keg("hello", "1.0").location.appending("bin/hello"))
            try await mirror.install("hello", intent: .reinstall)
            #expect(try await mirror.run("hello") == "hello 1.0\n")
        }
    }

    @Test(
        "killed before any change of an upgrade, the next run restores the old state",
        arguments: [0, 1, 2, 3, 5, 8, 10, 12])
    func survivesDeath(deathAt: Int) async throws {
        try await MirrorFixture.with("killed") { mirror in
            mirror.publish(
                try await mirror.bottle(
                    "hello", needs: ["libhi"], files: ["share/x/a": "1", ".bottle/etc/h.conf": "1"]),
                try await mirror.bottle("libhi"))
            try await mirror.install("hello")
            let before = try mirror.prefixFixture.snapshot()
            mirror.publish(
                try await mirror.bottle(
                    "hello", "2.0", needs: ["libhi"], files: ["share/x/b": "2", ".bottle/etc/h.conf": "2"]),
                try await mirror.bottle("libhi", "2.0"))
            let count = Counter()
            let installer = mirror.makeInstaller { _ in
                if count.next() == deathAt { throw Transaction.Death() }
            }
            await #expect(throws: Transaction.Death.self) { try await installer.install(["hello"]) }
            #expect(FileTree.exists(mirror.prefix.journal))
            await #expect(throws: CatalogError.self) { try await mirror.install("nothing") }
            #expect(try mirror.prefixFixture.snapshot() == before)
            #expect(try await mirror.run("hello") == "hello 1.0\n")
            try await mirror.install("hello")
            #expect(try await mirror.run("hello") == "hello 2.0\n")
            #expect(try mirror.prefixFixture.text("etc/h.conf") == "2")
        }
    }

    @Test("offline, what is in the cache is enough, and what is not is named")
    func offline() async throws {
        try await MirrorFixture.with("offline") { mirror in
            mirror.publish(try await mirror.bottle("hello"), try await mirror.bottle("other"))
            try await mirror.install("hello")
            _ = try await mirror.makeInstaller(isOffline: true).uninstall(["hello"])
            let requests = mirror.server.requests.count
            let summary = try await mirror.makeInstaller(isOffline: true).install(["hello"])
            #expect(summary.fromCache == ["hello"])
            #expect(mirror.server.requests.count == requests)
            await #expect(throws: FetchError.self) {
                try await mirror.makeInstaller(isOffline: true).install(["other"])
            }
        }
    }

    @Test("a second velo in the same prefix is told to wait")
    func locked() async throws {
        try await MirrorFixture.with("locked") { mirror in
            mirror.publish(try await mirror.bottle("hello"))
            try FileTree.makeFolder(mirror.prefix.locks)
            guard let lock = try FileLock.attempt(mirror.prefix.lock) else {
                Issue.record("somebody else holds a lock that was made just now")
                return
            }
            let error = await #expect(throws: PrefixError.self) { try await mirror.install("hello") }
            #expect(error?.severity == .temporary)
            lock.release()
        }
    }

    @Test("uninstalling restores the prefix, but for what others need")
    func uninstalls() async throws {
        try await MirrorFixture.with("uninstall") { mirror in
            mirror.publish(try await mirror.bottle("hello", needs: ["libhi"]), try await mirror.bottle("libhi"))
            try await mirror.install("hello")
            let installer = mirror.makeInstaller()
            let error = await #expect(throws: InstallError.self) { try await installer.uninstall(["libhi"]) }
            #expect(error?.summary == "`libhi` is needed by `hello`")
            #expect(try await installer.uninstall(["hello", "libhi"]).map(\.label) == ["hello 1.0", "libhi 1.0"])
            #expect(try mirror.prefixFixture.kind("bin/hello") == nil)
            #expect(try Inventory(of: mirror.prefix).packages.isEmpty)
            #expect(try mirror.prefixFixture.snapshot().allSatisfy { !$0.contains("hello") && !$0.contains("libhi") })
        }
    }
}
