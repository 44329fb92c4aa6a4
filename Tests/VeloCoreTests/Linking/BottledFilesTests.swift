import Testing
import VeloCore
import VeloSystem

@Suite("Configuration that a bottle brings")
struct BottledFilesTests {
    @Test("is copied, and stays when the keg goes")
    func copied() async throws {
        try await PrefixFixture.with("etc") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            let keg = try fixture.keg("app", "1", [".bottle/etc/app/app.conf": "one", ".bottle/var/app/db": "x"])
            try linker.link(keg, kegOnly: false)
            #expect(try fixture.kind("etc/app/app.conf") == .file)
            #expect(try fixture.text("var/app/db") == "x")
            try linker.unlink(keg)
            #expect(try fixture.text("etc/app/app.conf") == "one")
        }
    }

    @Test("goes beside what its owner has changed, as .default")
    func edited() async throws {
        try await PrefixFixture.with("etc-edited") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            try fixture.put("mine", at: "etc/app.conf")
            try linker.link(try fixture.keg("app", "1", [".bottle/etc/app.conf": "one"]), kegOnly: false)
            #expect(try fixture.text("etc/app.conf") == "mine")
            #expect(try fixture.text("etc/app.conf.default") == "one")
        }
    }

    @Test("replaces what another version brought, as long as nobody touched it")
    func untouched() async throws {
        try await PrefixFixture.with("etc-untouched") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            let old = try fixture.keg("app", "1", [".bottle/etc/app.conf": "one"])
            try linker.link(old, kegOnly: false)
            try linker.unlink(old)
            try linker.link(try fixture.keg("app", "2", [".bottle/etc/app.conf": "two"]), kegOnly: false)
            #expect(try fixture.text("etc/app.conf") == "two")
            #expect(try fixture.kind("etc/app.conf.default") == nil)
        }
    }
}
