import SystemPackage
import Testing
import VeloCore
import VeloFormula
import VeloSystem
import VeloTestSupport

@Suite("Tap folders")
struct TapFolderTests {
    @Test(
        "formulae lie in Formula, sharded or not, in HomebrewFormula, or at the top",
        arguments: [
            "Formula/a.rb", "Formula/a/a.rb", "HomebrewFormula/a.rb", "a.rb",
        ])
    func places(path: String) async throws {
        try await TapFixture.with("places") { fixture in
            try fixture.scratch.file("tap/\(path)", "class A < Formula\nend\n")
            try fixture.scratch.file("tap/README.md", "no formula")
            let folder = try TapFolder(fixture.root)
            #expect(folder.files.map(\.path) == [path])
            #expect(folder.name == .core)
        }
    }

    @Test("a formula is found by name, alias and former name")
    func names() async throws {
        try await TapFixture.with("names") { fixture in
            try fixture.formula("new-name")
            try fixture.formula("tool@1.10")
            try fixture.formula("tool@1.9")
            try fixture.formula("tool")
            try fixture.alias("nick", of: "new-name")
            try fixture.scratch.file("tap/formula_renames.json", #"{"old-name": "new-name"}"#)
            let folder = try TapFolder(fixture.root)
            for name in ["new-name", "nick", "old-name"] { #expect(folder.file(of: name)?.name == "new-name") }
            #expect(folder.file(of: "nothing") == nil)
            #expect(folder.names.versionedFormulae(of: "tool") == ["tool@1.10", "tool@1.9"])
            #expect(folder.names.versionedFormulae(of: "tool@1.9") == ["tool@1.10"])
            #expect(folder.names.formerName(of: "new-name") == "old-name")
        }
    }

    @Test("of two files with one name the first path counts, and the other is told")
    func repeated() async throws {
        try await TapFixture.with("repeated") { fixture in
            try fixture.scratch.file("tap/Formula/b/tool.rb", "class Tool < Formula\nend\n")
            try fixture.scratch.file("tap/Formula/a/tool.rb", "class Tool < Formula\nend\n")
            let library = TapLibrary(try TapFolder(fixture.root))
            let (files, problems) = library.files(named: [])
            #expect(files.map(\.path) == ["Formula/a/tool.rb"])
            #expect(
                problems.map(\.summary) == ["`Formula/b/tool.rb`: the formula `tool` is also in `Formula/a/tool.rb`"])
        }
    }

    @Test("a folder without formulae, and one that is not there, are told apart")
    func nothing() async throws {
        try await TapFixture.with("nothing") { fixture in
            #expect(throws: TapFolderError.self) { try TapFolder(fixture.root) }
            try fixture.scratch.file("tap/README.md", "")
            let error = #expect(throws: TapFolderError.self) { try TapFolder(fixture.root) }
            #expect(error?.summary == "`\(fixture.root)` has no formulae")
        }
    }

    @Test("a bare repository is read at its HEAD, and only read")
    func bare() async throws {
        try await TapFixture.with("bare") { fixture in
            try fixture.formula("tool")
            let git = Program(
                "git",
                environment: [
                    "HOME": fixture.scratch.path.string, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
                    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
                ])
            for words in [
                ["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["clone", "-q", "--bare", ".", "../bare"],
            ] {
                let done = try await git.run(words, directory: fixture.root)
                #expect(done.status == 0, "\(done.text)")
            }
            let bare = fixture.scratch.path.appending("bare")
            let before = try FileTree.names(in: bare)
            let folder = try BareTap.folder(of: bare, cache: fixture.cache)
            #expect(try TapFolder(folder).files.map(\.name) == ["tool"])
            #expect(try BareTap.folder(of: bare, cache: fixture.cache) == folder)
            #expect(try FileTree.names(in: bare) == before)
            #expect(try BareTap.folder(of: fixture.root, cache: fixture.cache) == fixture.root)
        }
    }
}
