import SystemPackage
import Testing
import VeloCore
import VeloSystem

@Suite("Receipt")
struct ReceiptTests {
    private var tab: Tab {
        var tab = Tab(homebrewVersion: "4.6.0")
        tab.changedFiles = ["lib/pkgconfig/x.pc"]
        tab.sourceModifiedTime = 1_700_000_000
        tab.compiler = "gcc"
        tab.arch = "x86_64"
        tab.builtOn = Tab.BuiltOn(
            os: "Linux", osVersion: "Debian GNU/Linux 12", cpuFamily: "core2", glibcVersion: "2.36",
            oldestCpuFamily: "core2")
        tab.runtimeDependencies = [
            Tab.RuntimeDependency(
                fullName: "zlib", version: "1.3", revision: 1, bottleRebuild: 0, declaredDirectly: true)
        ]
        return tab
    }

    private var record: PourRecord {
        PourRecord(
            installedOnRequest: true, time: 1_795_492_800, aliases: ["hi"],
            source: Receipt.Source(tap: "velo/recipes", tapGitHead: "4f0c", stableVersion: "2.10", versionScheme: 0))
    }

    @Test("names of files and formulae come through JSON as they are")
    func keepsNames() throws {
        var tab = Tab(homebrewVersion: "1")
        tab.externals = ["a_formula": "x_y", "gcc@12": "gcc"]
        tab.fixedFiles = ["bin/my_tool": "why_not"]
        let read = try WireCoding.decode(Tab.self, from: try WireCoding.encode(tab))
        #expect(read == tab)
        #expect(try WireCoding.decode(Tab.self, from: Array(tab.ordered.pretty.utf8)) == tab)
    }

    @Test("has the members in the order in which Homebrew writes them")
    func memberOrder() {
        let text = Receipt(tab: tab, record: record).text
        let members = text.split(separator: "\n").filter { $0.hasPrefix("  \"") && !$0.hasPrefix("   ") }
            .map { String($0.dropFirst(3).prefix { $0 != "\"" }) }
        #expect(
            members == [
                "homebrew_version", "used_options", "unused_options", "built_as_bottle", "poured_from_bottle",
                "loaded_from_api", "loaded_from_internal_api", "installed_on_request", "changed_files", "time",
                "source_modified_time", "compiler", "aliases", "runtime_dependencies", "source", "arch", "built_on",
            ])
    }

    @Test("is indented by two, and ends without a newline")
    func layout() {
        let text = Receipt(tab: tab, record: record).text
        #expect(text.hasPrefix("{\n  \"homebrew_version\": \"4.6.0\",\n  \"used_options\": [],\n"))
        #expect(text.contains("  \"changed_files\": [\n    \"lib/pkgconfig/x.pc\"\n  ],\n"))
        #expect(text.contains("      \"declared_directly\": true\n    }\n  ],\n"))
        #expect(text.contains("    \"path\": null,\n    \"tap\": \"velo/recipes\",\n    \"tap_git_head\": \"4f0c\",\n"))
        #expect(text.hasSuffix("    \"oldest_cpu_family\": \"core2\"\n  }\n}"))
    }

    @Test("comes back as it was written")
    func roundTrip() async throws {
        try await PrefixFixture.with("receipt") { fixture in
            let keg = try fixture.keg("hello", "2.10", [:])
            var receipt = Receipt(tab: tab, record: record)
            receipt.aliases = ["quo\"ted", "back\\slash", "tab\t", "Grüße", "\u{1}"]
            try receipt.write(to: keg.receipt)
            #expect(try Receipt.read(keg) == receipt)
        }
    }

    @Test("of Homebrew's own making is read, whatever else it says")
    func readsHomebrews() async throws {
        try await PrefixFixture.with("foreign-receipt") { fixture in
            let keg = try fixture.keg(
                "x", "1",
                [
                    "INSTALL_RECEIPT.json": """
                    {"homebrew_version":"4.0.1","used_options":["--with-y"],"installed_as_dependency":true,
                    "installed_on_request":false,"time":null,"stdlib":"libcxx","HEAD":"1234","built_on":{"os":"Macintosh",
                    "xcode":"14.1","preferred_perl":"5.30"},"runtime_dependencies":[{"full_name":"gmp","version":"6.2"}],
                    "source":{"spec":"stable","versions":{"stable":"1","head":null,"version_scheme":0}}}
                    """
                ])
            let receipt = try #require(try Receipt.read(keg))
            #expect(receipt.installedOnRequest == false)
            #expect(receipt.usedOptions == ["--with-y"])
            #expect(receipt.time == nil)
            #expect(receipt.runtimeDependencies?.first?.fullName == "gmp")
            #expect(receipt.runtimeDependencies?.first?.revision == nil)
        }
    }

    @Test("that is broken names its file, and one that is missing is no error")
    func broken() async throws {
        try await PrefixFixture.with("broken-receipt") { fixture in
            let keg = try fixture.keg("x", "1", ["INSTALL_RECEIPT.json": "{\"time\": "])
            let error = #expect(throws: ReceiptError.self) { try Receipt.read(keg) }
            #expect(error?.summary == "the receipt `\(keg.receipt)` cannot be read")
            #expect(try Receipt.read(try fixture.keg("y", "1", [:])) == nil)
        }
    }
}
