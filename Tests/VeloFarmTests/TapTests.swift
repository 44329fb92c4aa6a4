import GRDB
import SystemPackage
import Testing
import VeloCore
import VeloFormula
import VeloGit
import VeloSystem

@testable import VeloFarm

@Suite("Taps")
struct TapTests {
    private let fixture: FarmFixture
    private var taps: TapStore { fixture.farm.taps }

    init() throws {
        fixture = try FarmFixture()
    }

    /// A repository with one commit of these files.
    private func repository(_ files: [String: String], in name: String = "repo") async throws -> FilePath {
        let folder = try fixture.scratch.write(files, in: name)
        try await git(folder, "init", "--quiet", "--initial-branch=trunk")
        try await commit(folder)
        return folder
    }

    @discardableResult
    private func git(_ folder: FilePath, _ arguments: String...) async throws -> String {
        let result = try await Program.run("git", "-C", folder.string, list: arguments)
        try #require(result.exit.isSuccess, "git \(arguments): \(result.output)")
        return result.output.split(separator: "\n").first.map(String.init) ?? ""
    }

    private func commit(_ folder: FilePath) async throws {
        try await git(folder, "add", "--all")
        try await git(folder, "commit", "--quiet", "--message=change")
    }

    private func names() async throws -> [String] {
        try await fixture.farm.database.pool.read { try FarmDatabase.formulaRecords($0) }.map(\.catalog.name)
    }

    @Test("a repository is read at its HEAD, without what is not committed")
    func readsRepository() async throws {
        let folder = try await repository(Formulae.files(["one": "", "two": ""]))
        try FileTree.write(Array(Formulae.text("three").utf8), to: folder.pushing("Formula/three.rb"))
        try FileTree.write([0x42, 0x52, 0x4F, 0x4B, 0x45, 0x4E], to: folder.pushing("Formula/one.rb"))
        let report = try await taps.add(name: "velo/test", location: folder.string, workingFolder: "/")
        #expect(report.kind == "repository")
        #expect(report.formulae == 2)
        #expect(report.problems == [])
        #expect(try await report.commit == git(folder, "rev-parse", "HEAD"))
        #expect(try await names() == ["one", "two"])

        try FileTree.write(Array(Formulae.text("one").utf8), to: folder.pushing("Formula/one.rb"))
        try await commit(folder)
        let updated = try await taps.update("velo/test")
        #expect(updated.map(\.formulae) == [3])
        #expect(try await updated[0].commit == git(folder, "rev-parse", "HEAD"))
    }

    @Test("folders that shard formulae by letter are read, and aliases are links to their files")
    func readsShardsAndAliases() async throws {
        let folder = try await repository([
            "Formula/o/one.rb": Formulae.text("one"), "Formula/lib/libtwo.rb": Formulae.text("libtwo"),
            "README.md": "no formula", "cmd/tool.rb": "no formula",
        ])
        try FileTree.makeFolder(folder.appending("Aliases"))
        try FileTree.makeLink(folder.pushing("Aliases/uno"), to: "../Formula/o/one.rb")
        try await commit(folder)
        _ = try await taps.add(name: "velo/test", location: folder.string, workingFolder: "/")
        let records = try await fixture.farm.database.pool.read { try FarmDatabase.formulaRecords($0) }
        #expect(records.map(\.catalog.name) == ["libtwo", "one"])
        #expect(records.map(\.catalog.aliases) == [[], ["uno"]])
    }

    @Test("formulae are found in HomebrewFormula and at the top as well", arguments: ["HomebrewFormula/", ""])
    func findsOtherFolders(_ prefix: String) async throws {
        let repository = try await repository([prefix + "one.rb": Formulae.text("one"), "spec/other.rb": "no formula"])
        _ = try await taps.add(name: "velo/repo", location: repository.string, workingFolder: "/")
        let folder = try fixture.scratch.write(
            [prefix + "two.rb": Formulae.text("two"), "spec/other.rb": "no formula"], in: "plain")
        _ = try await taps.add(name: "velo/plain", location: folder.string, workingFolder: "/")
        #expect(try await names() == ["two", "one"])
    }

    @Test("a folder inside a work tree is a plain folder: its files count, committed or not")
    func readsFolderInWorkTree() async throws {
        let folder = try await repository(["recipes/Formula/one.rb": Formulae.text("one"), "README.md": ""])
        let recipes = folder.appending("recipes")
        try FileTree.write(Array(Formulae.text("new").utf8), to: recipes.pushing("Formula/new.rb"))
        let report = try await taps.add(name: nil, location: "recipes", workingFolder: folder)
        #expect(report.name == "velo/recipes")
        #expect(report.kind == "folder")
        #expect(report.commit == nil)
        #expect(report.location == recipes.string)
        #expect(try await names() == ["new", "one"])
    }

    @Test("a formula that cannot be used is a problem of its tap, not the end of it")
    func keepsProblems() async throws {
        let folder = try fixture.scratch.write(
            ["Formula/good.rb": Formulae.text("good"), "Formula/bad.rb": "class BROKEN < Formula\n  def (\nend\n"],
            in: "tap")
        let report = try await taps.add(name: "velo/test", location: folder.string, workingFolder: "/")
        #expect(report.formulae == 1)
        #expect(report.problems.map(\.path) == ["Formula/bad.rb"])
        #expect(report.problems[0].message.hasPrefix("Formula/bad.rb:"))
    }

    @Test("two files for one name: the first counts, the second is a problem")
    func refusesDoubles() async throws {
        let folder = try fixture.scratch.write(
            ["Formula/a/one.rb": Formulae.text("one"), "Formula/b/one.rb": Formulae.text("one")], in: "tap")
        let report = try await taps.add(name: "velo/test", location: folder.string, workingFolder: "/")
        #expect(report.formulae == 1)
        #expect(report.problems.map(\.path) == ["Formula/b/one.rb"])
    }

    @Test("a tap with a URL is cloned without a work tree, follows its default branch, and goes with its clone")
    func clones() async throws {
        let origin = try await repository(Formulae.files(["one": ""]), in: "homebrew-remote")
        let report = try await taps.add(name: nil, location: "file://\(origin)", workingFolder: "/")
        #expect(report.kind == "clone")
        #expect(report.name.hasSuffix("/remote"))
        let clone = try #require(
            try FileTree.names(in: fixture.farm.folder.taps).first.map { fixture.farm.folder.taps.appending($0) })
        #expect(try FileTree.status(clone.appending("remote.git").appending("objects"))?.kind == .folder)
        #expect(!FileTree.exists(clone.appending("remote.git").appending("Formula")))

        try FileTree.write(Array(Formulae.text("two").utf8), to: origin.pushing("Formula/two.rb"))
        try await commit(origin)
        try await git(origin, "branch", "--move", "trunk", "main")
        #expect(try await taps.update(nil).map(\.formulae) == [2])

        try await taps.remove(report.name)
        #expect(!FileTree.exists(clone.appending("remote.git")))
        #expect(try await taps.list().isEmpty)
    }

    @Test("an address that does not answer leaves nothing behind")
    func unreachable() async throws {
        await #expect(throws: GitError.self) {
            try await taps.add(name: "velo/gone", location: "file:///nonexistent/repo.git", workingFolder: "/")
        }
        #expect(try await taps.list().isEmpty)
        #expect(try FileTree.names(in: fixture.farm.folder.taps).isEmpty)
    }

    @Test("a mistake gets a sentence and changes nothing")
    func mistakes() async throws {
        func message(_ name: String?, _ location: String) async throws -> String {
            do {
                _ = try await taps.add(name: name, location: location, workingFolder: fixture.scratch.path)
            } catch {
                return ProblemReport(error).oneLine
            }
            return "no error"
        }
        try FileTree.makeFolder(fixture.scratch.path.appending("empty"))
        try await git(fixture.scratch.path, "init", "--quiet", "unborn")
        #expect(try await message("x/y", "nowhere") == "there is no folder `nowhere`")
        #expect(try await message("x/y", "empty").hasSuffix("holds no formulae"))
        #expect(try await message("x/y", "unborn").hasSuffix("has no commits"))
        #expect(try await message("../x", "empty") == "`../x` is not a tap's name")
        #expect(try await message("x", "empty") == "`x` is not a tap's name")
        let folder = try fixture.scratch.write(Formulae.files(["one": ""]), in: "tap")
        #expect(try await message("x/y", folder.string) == "no error")
        #expect(try await message("x/y", folder.string) == "the tap `x/y` is already there, from `\(folder)`")
        await #expect(throws: TapError.self) { try await taps.update("no/such") }
        await #expect(throws: TapError.self) { try await taps.remove("no/such") }
        #expect(try await taps.list().map(\.name) == ["x/y"])
    }

    @Test(
        "names come from addresses as people write them",
        arguments: [
            ("https://github.com/brewsci/homebrew-bio", "brewsci/bio"),
            ("https://github.com/brewsci/homebrew-bio.git", "brewsci/bio"),
            ("git@example.org:Team/homebrew-tools.git", "team/tools"),
            ("/srv/recipes", "velo/recipes"), ("recipes/", "velo/recipes"),
        ])
    func derivesNames(_ location: String, _ name: String) throws {
        #expect(try TapStore.name(nil, for: location).description == name)
    }
}
