import SystemPackage
import Testing
import VeloCore
import VeloFormula
import VeloSystem

@Suite("A tap's catalog")
struct TapCatalogTests {
    private func open(_ fixture: TapFixture, _ date: CalendarDate? = nil) -> TapCatalog {
        let context = date.map { fixture.context($0) } ?? fixture.context()
        return TapCatalog(fixture.root, name: nil, context: context, cache: fixture.cache)
    }

    private func file(_ fixture: TapFixture) throws -> FilePath {
        let folder = fixture.cache.appending("taps-v1")
        return folder.appending(try #require(try FileTree.names(in: folder).first))
    }

    @Test("is made once; then only what changed is evaluated")
    func incremental() async throws {
        try await TapFixture.with("incremental") { fixture in
            try fixture.formula("one")
            try fixture.formula("two")
            try fixture.alias("uno", of: "one")
            #expect(try await open(fixture).current(.all).evaluated == 2)
            #expect(try await open(fixture).current(.all).evaluated == 0)

            try fixture.formula("two", "2.0", desc: "Another thing")
            let changed = try await open(fixture).current(.names(["two"]))
            #expect(changed.evaluated == 1)
            #expect(changed.catalog["two"]?.version == "2.0")
            #expect(changed.catalog["uno"]?.version == "1.0")
            #expect(changed.catalog.search("another").map(\.name) == ["two"])

            try fixture.formula("three")
            #expect(try await open(fixture).current(.names(["one"])).evaluated == 1)
            try FileTree.removeFile(fixture.root.appending("Formula/one.rb"))
            let removed = try await open(fixture).current(.all)
            #expect(removed.evaluated == 0)
            #expect(removed.catalog["one"] == nil)
            #expect(removed.catalog.count == 2)
        }
    }

    @Test("a formula that asks another is evaluated again when anything changed")
    func asking() async throws {
        try await TapFixture.with("asking") { fixture in
            try fixture.formula("base", "1.0")
            try fixture.formula("asks", "1.0", #"def caveats = "with base #{Formula["base"].version}""#)
            #expect(try await open(fixture).current(.all).catalog["asks"]?.caveats == "with base 1.0")
            try fixture.formula("base", "1.1")
            #expect(try await open(fixture).current(.all).catalog["asks"]?.caveats == "with base 1.1")
        }
    }

    @Test("a deprecation that has come due makes it anew")
    func dates() async throws {
        try await TapFixture.with("dates") { fixture in
            try fixture.formula("old", "1.0", #"deprecate! date: "2027-01-01", because: :unmaintained"#)
            #expect(try await open(fixture).current(.all).catalog["old"]?.deprecation == nil)
            let later = try await open(fixture, CalendarDate(year: 2027, month: 1, day: 1)).current(.all)
            #expect(later.catalog["old"]?.deprecation == "deprecated because it unmaintained")
        }
    }

    @Test(
        "one that is cut off, changed, of another format or foreign is made anew",
        arguments: [
            "cut", "changed", "format", "empty", "foreign",
        ])
    func damage(kind: String) async throws {
        try await TapFixture.with("damage") { fixture in
            try fixture.formula("one", desc: "The right one")
            _ = try await open(fixture).current(.all)
            let file = try file(fixture)
            var bytes = try FileTree.read(file)
            switch kind {
            case "cut": bytes.removeLast(10)
            case "changed": bytes[bytes.count / 2] ^= 1
            case "format": bytes[7] = 9
            case "empty": bytes = []
            default: bytes = Array("{\"schema\": 1}".utf8)
            }
            try FileTree.replace(file, with: bytes)
            let answer = try await open(fixture).current(.names(["one"]))
            #expect(answer.evaluated == 1)
            #expect(answer.catalog["one"]?.desc == "The right one")
        }
    }

    @Test("a formula that cannot be read is told by name, and the rest is there")
    func refusals() async throws {
        try await TapFixture.with("refusals") { fixture in
            try fixture.formula("good")
            try fixture.text("bad", "class Bad < Formula\n  url \"https://example.org/bad-1.0.tar.gz\n")
            let answer = try await open(fixture).current(.all)
            #expect(answer.catalog["good"] != nil)
            #expect(answer.refusals["bad"]?.contains("bad.rb:2:") == true)
        }
    }
}
