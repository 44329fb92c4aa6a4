import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

@Suite("Linker")
struct LinkerTests {
    @Test("programs, libraries and headers become relative links, and the records lead to the keg")
    func linksRelatively() async throws {
        try await PrefixFixture.with("link") { fixture in
            let keg = try fixture.keg(
                "hello", "2.10",
                [
                    "bin/hello": "x", "lib/libhello.so.1": "x", "lib/libhello.so": "->libhello.so.1",
                    "lib/pkgconfig/hello.pc": "x", "include/hello.h": "x", "share/man/man1/hello.1": "x",
                    "share/hello/data": "x", "README": "x",
                ])
            try Linker(prefix: fixture.prefix).link(keg, kegOnly: false)
            #expect(fixture.link("bin/hello") == "../Cellar/hello/2.10/bin/hello")
            #expect(fixture.link("lib/libhello.so") == "../Cellar/hello/2.10/lib/libhello.so")
            #expect(fixture.link("lib/pkgconfig/hello.pc") == "../../Cellar/hello/2.10/lib/pkgconfig/hello.pc")
            #expect(fixture.link("share/man/man1/hello.1") == "../../../Cellar/hello/2.10/share/man/man1/hello.1")
            #expect(fixture.link("share/hello") == "../Cellar/hello/2.10/share/hello")
            #expect(fixture.link("opt/hello") == "../Cellar/hello/2.10")
            #expect(fixture.link("var/homebrew/linked/hello") == "../../../Cellar/hello/2.10")
            #expect(try fixture.text("bin/hello") == "x")
            #expect(try fixture.kind("README") == nil)
        }
    }

    @Test("a keg-only formula gets its opt link alone")
    func kegOnly() async throws {
        try await PrefixFixture.with("keg-only") { fixture in
            let keg = try fixture.keg("ncurses", "6.4", ["bin/tput": "x"])
            try Linker(prefix: fixture.prefix).link(keg, kegOnly: true, aliases: ["curses"])
            #expect(fixture.link("opt/ncurses") == "../Cellar/ncurses/6.4")
            #expect(fixture.link("opt/curses") == "../Cellar/ncurses/6.4")
            #expect(try fixture.kind("bin") == nil)
            #expect(fixture.link("var/homebrew/linked/ncurses") == nil)
        }
    }

    @Test("a folder that two kegs share is unfolded, at every level")
    func unfolds() async throws {
        try await PrefixFixture.with("unfold") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            let first = try fixture.keg(
                "a", "1", ["include/x/one.h": "1", "include/x/deep/p.h": "p", "include/x/only/q.h": "q"])
            let second = try fixture.keg("b", "2", ["include/x/two.h": "2", "include/x/deep/r.h": "r"])
            try linker.link(first, kegOnly: false)
            #expect(fixture.link("include/x") == "../Cellar/a/1/include/x")
            try linker.link(second, kegOnly: false)
            #expect(try fixture.kind("include/x") == .folder)
            #expect(try fixture.kind("include/x/deep") == .folder)
            #expect(fixture.link("include/x/one.h") == "../../Cellar/a/1/include/x/one.h")
            #expect(fixture.link("include/x/two.h") == "../../Cellar/b/2/include/x/two.h")
            #expect(fixture.link("include/x/deep/p.h") == "../../../Cellar/a/1/include/x/deep/p.h")
            #expect(fixture.link("include/x/deep/r.h") == "../../../Cellar/b/2/include/x/deep/r.h")
            #expect(fixture.link("include/x/only") == "../../Cellar/a/1/include/x/only")
        }
    }

    @Test("a conflict names the owner, and nothing at all is linked")
    func conflictNamesOwner() async throws {
        try await PrefixFixture.with("conflict") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            try linker.link(try fixture.keg("gzip", "1.12", ["bin/gzip": "a"]), kegOnly: false)
            let before = try fixture.snapshot()
            let rival = try fixture.keg("pigz", "2.8", ["bin/apigz": "b", "bin/gzip": "b", "share/pigz/x": "b"])
            let error = #expect(throws: LinkError.self) { try linker.link(rival, kegOnly: false) }
            #expect(
                error?.summary
                    == "`pigz 2.8` cannot be linked: `\(fixture.prefix.path)/bin/gzip` belongs to `gzip 1.12`")
            let after = try fixture.snapshot().filter { !$0.hasPrefix("Cellar/pigz") }
            #expect(after == before)
        }
    }

    @Test("a file of nobody's is a conflict, and set aside if the formula may overwrite it")
    func overwrites() async throws {
        try await PrefixFixture.with("overwrite") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            let keg = try fixture.keg("node", "20", ["bin/npm": "new", "bin/npx": "new"])
            try fixture.put("mine", at: "bin/npm")
            #expect(throws: LinkError.self) { try linker.link(keg, kegOnly: false) }
            #expect(try fixture.text("bin/npm") == "mine")
            try linker.link(keg, kegOnly: false, overwrite: ["bin/np*"])
            #expect(fixture.link("bin/npm") == "../Cellar/node/20/bin/npm")
            #expect(try fixture.text("var/velo/backups/node-20/bin/npm") == "mine")
        }
    }

    @Test("a link that leads nowhere is replaced")
    func replacesDangling() async throws {
        try await PrefixFixture.with("dangling") { fixture in
            try fixture.put("->../Cellar/gone/1/bin/hello", at: "bin/hello")
            try fixture.put("->../Cellar/gone/1/share/hello", at: "share/hello")
            let keg = try fixture.keg("hello", "2", ["bin/hello": "x", "share/hello/y": "y"])
            try Linker(prefix: fixture.prefix).link(keg, kegOnly: false)
            #expect(try fixture.text("bin/hello") == "x")
            #expect(try fixture.text("share/hello/y") == "y")
        }
    }

    @Test("a folder link that leads out of the Cellar is a conflict")
    func foreignFolder() async throws {
        try await PrefixFixture.with("foreign") { fixture in
            try FileTree.makeFolder(fixture.scratch.path.appending("elsewhere"))
            try fixture.put("->../../elsewhere", at: "share/hello")
            let keg = try fixture.keg("hello", "2", ["share/hello/y": "y"])
            #expect(throws: LinkError.self) { try Linker(prefix: fixture.prefix).link(keg, kegOnly: false) }
            #expect(fixture.link("share/hello") == "../../elsewhere")
        }
    }

    @Test("another version that is linked has to be unlinked first")
    func otherVersion() async throws {
        try await PrefixFixture.with("versions") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            let old = try fixture.keg("hello", "1", ["bin/hello": "1", "share/hello/x": "1"])
            let new = try fixture.keg("hello", "2", ["bin/hello": "2", "share/hello/x": "2"])
            try linker.link(old, kegOnly: false)
            #expect(throws: LinkError.self) { try linker.link(new, kegOnly: false) }
            try linker.unlink(old)
            try linker.link(new, kegOnly: false)
            #expect(try fixture.text("share/hello/x") == "2")
            #expect(fixture.link("opt/hello") == "../Cellar/hello/2")
        }
    }

    @Test("unlinking removes the keg's links and empty folders, and leaves what is others'")
    func unlinks() async throws {
        try await PrefixFixture.with("unlink") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            let first = try fixture.keg("a", "1", ["include/x/one.h": "1", "share/locale/de/a.mo": "1", "bin/a": "a"])
            let second = try fixture.keg("b", "2", ["include/x/two.h": "2"])
            try linker.link(first, kegOnly: false)
            try linker.link(second, kegOnly: false)
            try fixture.put("kept", at: "bin/own")
            try linker.unlink(first)
            #expect(try fixture.kind("include/x/one.h") == nil)
            #expect(try fixture.text("include/x/two.h") == "2")
            #expect(try fixture.kind("share/locale/de") == nil)
            #expect(try fixture.kind("opt/a") == nil)
            #expect(try fixture.kind("var/homebrew/linked/a") == nil)
            #expect(try fixture.text("bin/own") == "kept")
        }
    }

    @Test(
        "what is skipped, and what is always a real folder",
        arguments: [
            ("bin/sub/tool", "bin/sub", nil as FileStatus.Kind?), ("share/info/dir", "share/info/dir", nil),
            ("share/icons/hicolor/icon-theme.cache", "share/icons/hicolor/icon-theme.cache", nil),
            ("lib/charset.alias", "lib/charset.alias", nil),
            ("share/locale/locale.alias", "share/locale/locale.alias", nil),
            ("lib/python3.12/site-packages/x/y.pyc", "lib/python3.12/site-packages/x/y.pyc", nil),
            ("etc/app/app.conf", "etc/app", .folder), ("share/man/de/man1/x.1", "share/man/de/man1", .folder),
            ("share/locale/pt_BR/LC_MESSAGES/x.mo", "share/locale/pt_BR/LC_MESSAGES", .folder),
            ("lib/python3.12/site-packages/x/y.py", "lib/python3.12/site-packages/x", .folder),
            ("lib/cmake/Foo/foo.cmake", "lib/cmake/Foo", .link), ("lib/cmake/Foo/foo.cmake", "lib/cmake", .folder),
            ("share/zsh/site-functions/_x", "share/zsh/site-functions", .folder),
            ("share/doc/x/y", "share/doc/x", .link),
            ("share/man/man3/x.3", "share/man/man3", .folder), ("share/germane/x", "share/germane", .link),
        ])
    func rules(file: String, path: String, kind: FileStatus.Kind?) async throws {
        try await PrefixFixture.with("rules") { fixture in
            try Linker(prefix: fixture.prefix).link(try fixture.keg("k", "1", [file: "x"]), kegOnly: false)
            #expect(try fixture.kind(path) == kind)
        }
    }

    @Test("links in the keg that lead back to where they would be linked are left out")
    func leadingBack() async throws {
        try await PrefixFixture.with("back") { fixture in
            let keg = try fixture.keg(
                "k", "1",
                [
                    "bin/real": "x", "bin/back": "->../../../../bin/back",
                    "lib/other": "->../../../../opt/dep/lib/other",
                    "bin/alias": "->real",
                ])
            try Linker(prefix: fixture.prefix).link(keg, kegOnly: false)
            #expect(try fixture.kind("bin/back") == nil)
            #expect(try fixture.kind("lib/other") == nil)
            #expect(fixture.link("bin/alias") == "../Cellar/k/1/bin/alias")
        }
    }

    @Test("the loader's link leads to the system's loader, or to the prefix's own glibc")
    func loader() async throws {
        try await PrefixFixture.with("loader") { fixture in
            let linker = Linker(prefix: fixture.prefix)
            try linker.link(try fixture.keg("k", "1", ["bin/k": "x"]), kegOnly: false)
            let system = try #require(fixture.link("lib/ld.so"))
            #expect(FileTree.exists(FilePath(system)))
            try linker.link(try fixture.keg("glibc", "2.39", ["bin/ld.so": "x"]), kegOnly: true)
            #expect(fixture.link("lib/ld.so") == "../opt/glibc/bin/ld.so")
        }
    }
}
