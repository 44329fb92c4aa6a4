import Testing
import VeloCore

@Suite("Catalog")
struct CatalogTests {
    private let catalog = CatalogFixture.catalog(
        CatalogFixture.formula("wget") { $0.desc = "Internet file retriever" },
        CatalogFixture.formula("libogg") { $0.desc = "Ogg Bitstream Library" },
        CatalogFixture.formula("openssl@3") { $0.aliases = ["openssl", "libssl"] },
        CatalogFixture.formula("hello") { $0.desc = "Program providing model for GNU coding standards" })

    @Test("finds by name, alias and full name")
    func lookup() {
        #expect(catalog["wget"]?.name == "wget")
        #expect(catalog["libssl"]?.name == "openssl@3")
        #expect(catalog["velo/recipes/hello"]?.name == "hello")
        #expect(catalog["nothing"] == nil)
    }

    @Test("a name wins over an alias")
    func nameWins() {
        let catalog = CatalogFixture.catalog(
            CatalogFixture.formula("one") { $0.aliases = ["two"] }, CatalogFixture.formula("two"))
        #expect(catalog["two"]?.name == "two")
    }

    @Test(
        "an unknown name leads to the nearest",
        arguments: [
            ("wegt", ["wget"]), ("helo", ["hello"]), ("hellp", ["hello"]), ("libog", ["libogg"]),
            ("opensl", ["openssl"]),
            ("Wget", ["wget"]), ("zzzzzz", []),
        ])
    func nearest(name: String, expected: [String]) {
        #expect(catalog.nearest(to: name) == expected)
    }

    @Test("says so in a sentence, with the names as hints")
    func unknown() {
        let error = #expect(throws: CatalogError.self) { try catalog.formula("helo") }
        #expect(error?.summary == "no formula is called `helo`")
        #expect(error?.hints == ["did you mean `hello`?"])
    }

    @Test("search puts names before descriptions, and falls back to what is nearly so")
    func search() {
        let catalog = CatalogFixture.catalog(
            CatalogFixture.formula("mp3gain") { $0.desc = "Uses ogg inside" },
            CatalogFixture.formula("ogg"), CatalogFixture.formula("oggz"), CatalogFixture.formula("libogg"),
            CatalogFixture.formula("zzz") { $0.desc = "An oggy thing" })
        #expect(catalog.search("ogg").map(\.name) == ["ogg", "oggz", "libogg", "mp3gain", "zzz"])
        #expect(catalog.search("lbiogg").map(\.name) == ["libogg"])
        #expect(catalog.search("quite different").isEmpty)
    }
}

@Suite("Resolver")
struct ResolverTests {
    @Test("puts what is needed first, each once")
    func order() throws {
        let catalog = CatalogFixture.catalog(
            CatalogFixture.formula("a", needs: ["b", "c"]), CatalogFixture.formula("b", needs: ["d"]),
            CatalogFixture.formula("c", needs: ["d"]), CatalogFixture.formula("d"))
        #expect(try Resolver(catalog: catalog).closure(of: ["a"]).map(\.name) == ["d", "b", "c", "a"])
        #expect(try Resolver(catalog: catalog).closure(of: ["c", "a"]).map(\.name) == ["d", "c", "b", "a"])
    }

    @Test("names every member of a circle")
    func cycle() {
        let catalog = CatalogFixture.catalog(
            CatalogFixture.formula("top", needs: ["a"]), CatalogFixture.formula("a", needs: ["b"]),
            CatalogFixture.formula("b", needs: ["c"]), CatalogFixture.formula("c", needs: ["a"]))
        #expect(throws: ResolverError.cycle(["a", "b", "c", "a"])) {
            try Resolver(catalog: catalog).closure(of: ["top"])
        }
    }

    @Test("an alias names the same node, also in a circle")
    func aliases() {
        let catalog = CatalogFixture.catalog(
            CatalogFixture.formula("a", needs: ["bee"]),
            CatalogFixture.formula("b", needs: ["a"]) { $0.aliases = ["bee"] })
        #expect(throws: ResolverError.cycle(["a", "b", "a"])) { try Resolver(catalog: catalog).closure(of: ["a"]) }
    }

    @Test("says who needs what the mirror does not have")
    func missing() {
        let catalog = CatalogFixture.catalog(CatalogFixture.formula("a", needs: ["gone"]))
        let error = #expect(throws: ResolverError.self) { try Resolver(catalog: catalog).closure(of: ["a"]) }
        #expect(error?.summary == "`a` needs `gone`, which the mirror does not have")
    }

    @Test("follows a chain of ten thousand")
    func longChain() throws {
        let formulae = (0..<10_000).map { index in
            CatalogFixture.formula("f\(index)", needs: index < 9_999 ? ["f\(index + 1)"] : [])
        }
        let order = try Resolver(catalog: CatalogFixture.catalog(formulae)).closure(of: ["f0"])
        #expect(order.count == 10_000)
        #expect(order.first?.name == "f9999")
    }
}
