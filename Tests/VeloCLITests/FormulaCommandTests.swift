import Foundation
import SystemPackage
import Testing
import VeloCLI
import VeloSystem
import VeloTestSupport

@Suite("velo formula")
struct FormulaCommandTests {
    private func tap(_ fixture: CommandFixture, _ formulae: [String: String]) throws -> String {
        for (name, text) in formulae { try fixture.scratch.file("tap/Formula/\(name).rb", text) }
        return fixture.scratch.path.appending("tap").string
    }

    private func formula(_ name: String, _ more: String = "") -> String {
        """
        class \(name.capitalized) < Formula
          desc "A thing"
          url "https://example.org/\(name)-1.0.tar.gz"
          sha256 "\(String(repeating: "0", count: 64))"
        \(more)
          def install
            system "make", "install"
          end
        end

        """
    }

    private func documents(_ output: String) throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
    }

    @Test("json prints all formulae of a tap in order, and names or aliases that are asked for")
    func json() async throws {
        try await CommandFixture.with("json") { fixture in
            let tap = try tap(fixture, ["beta": formula("beta"), "alpha": formula("alpha")])
            let all = await fixture.velo("formula", "json", "--tap", tap)
            #expect(all.status == .done)
            #expect(try documents(all.output).map { $0["name"] as? String } == ["alpha", "beta"])
            let one = await fixture.velo("formula", "json", "--tap", tap, "beta")
            #expect(try documents(one.output).map { $0["full_name"] as? String } == ["beta"])
            let named = await fixture.velo("formula", "json", "--tap", tap, "--tap-name", "me/tools", "beta")
            #expect(try documents(named.output).map { $0["full_name"] as? String } == ["me/tools/beta"])
        }
    }

    @Test("what cannot be evaluated goes to the error stream and into the status; the rest is printed")
    func refusals() async throws {
        try await CommandFixture.with("refusals") { fixture in
            let tap = try tap(
                fixture,
                ["good": formula("good"), "bad": formula("bad", "  unknown_stanza 1"), "last": formula("last")])
            let result = await fixture.velo("formula", "json", "--tap", tap)
            #expect(result.status == .failed)
            #expect(try documents(result.output).map { $0["name"] as? String } == ["good", "last"])
            #expect(result.errors.hasPrefix("Formula/bad.rb:5:3: error: `unknown_stanza` is not a method known here"))
            let unknown = await fixture.velo("formula", "json", "--tap", tap, "goud", "good")
            #expect(unknown.status == .failed)
            #expect(unknown.errors.contains("no formula of `homebrew/core` is called `goud`"))
            #expect(try documents(unknown.output).count == 1)
        }
    }

    @Test("variations hold what other platforms have otherwise, and only that")
    func variations() async throws {
        try await CommandFixture.with("variations") { fixture in
            let tap = try tap(
                fixture,
                ["same": formula("same"), "other": formula("other", "  on_macos do\n    depends_on \"mac\"\n  end")])
            let result = await fixture.velo(
                "formula", "json", "--tap", tap, "--variations", "--platform", "x86_64_linux")
            let found = try documents(result.output)
            let other = try #require(found[0]["variations"] as? [String: [String: [String]]])
            #expect(other.count == 11)
            #expect(other["arm64_ventura"] == ["dependencies": ["mac"]])
            #expect(other["el_capitan"] == ["dependencies": ["mac"]])
            #expect((found[1]["variations"] as? [String: Any])?.isEmpty == true)
        }
    }

    @Test("the date decides what is deprecated")
    func date() async throws {
        try await CommandFixture.with("date") { fixture in
            let tap = try tap(
                fixture, ["old": formula("old", "  deprecate! date: \"2024-06-01\", because: :unmaintained")])
            for (date, isDeprecated) in [("2024-05-31", false), ("2024-06-01", true)] {
                let result = await fixture.velo("formula", "json", "--tap", tap, "--date", date)
                #expect(try documents(result.output)[0]["deprecated"] as? Bool == isDeprecated)
            }
            let wrong = await fixture.velo("formula", "json", "--tap", tap, "--date", "yesterday")
            #expect(wrong.errors.contains("`yesterday` is no day"))
        }
    }

    @Test("rehearse prints a trace a line")
    func rehearse() async throws {
        try await CommandFixture.with("rehearse") { fixture in
            let tap = try tap(fixture, ["a": formula("a"), "b": formula("b")])
            let result = await fixture.velo("formula", "rehearse", "--tap", tap)
            #expect(
                result.output == """
                    {"name":"a","trace":[["system","make","install"]]}
                    {"name":"b","trace":[["system","make","install"]]}

                    """)
        }
    }

    @Test("info and search answer from a tap's folder")
    func catalog() async throws {
        try await CommandFixture.with("catalog") { fixture in
            let tap = try tap(fixture, ["alpha": formula("alpha"), "bad": formula("bad", "  unknown_stanza 1")])
            let info = await fixture.velo("info", "--tap", tap, "alpha")
            #expect(info.status == .done)
            #expect(info.output.hasPrefix("alpha 1.0\nA thing\n"))
            let search = await fixture.velo("search", "--tap", tap, "alhpa", "--quiet")
            #expect(search.output == "alpha\n")
            let bad = await fixture.velo("info", "--tap", tap, "bad")
            #expect(bad.status == .failed)
            #expect(bad.errors.hasPrefix("Formula/bad.rb:5:3: error: `unknown_stanza`"))
        }
    }
}
