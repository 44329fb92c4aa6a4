import SystemPackage
import Testing
import VeloBuild
import VeloFormula
import VeloSystem

@Suite("What a one-shot build builds")
struct BuildSequenceTests {
    private func sequence(
        _ names: [String], _ bodies: [String: String], externals: [String: [String]] = [:]
    ) throws -> BuildSequence {
        var loaded: [String: LoadedFormula] = [:]
        for (name, body) in bodies { loaded[name] = try Formulae.loaded(name, body: body) }
        let known = loaded
        return BuildSequence(names, externals: externals) { name in
            guard let formula = known[name] else { throw FormulaFolderError.unknown(name, nearest: []) }
            return formula
        }
    }

    @Test("everything is built after what it needs, once")
    func order() throws {
        let order = try sequence(
            ["app", "tool"],
            ["app": "depends_on \"lib\"\ndepends_on \"tool\" => :build", "tool": "depends_on \"lib\"", "lib": ""])
        #expect(order.steps.map(\.name) == ["lib", "tool", "app"])
        #expect(order.steps.map(\.isRequested) == [false, true, true])
        let pours = order.steps.last?.pours ?? []
        #expect(pours.map(\.name) == ["lib", "tool"])
        #expect(pours.map(\.isDirect) == [true, true])
        #expect(pours.map(\.isBuildOnly) == [false, true])
    }

    @Test("the host stands in for build tools, and never for what is needed at run time")
    func externals() throws {
        let policy = ["cmake": ["cmake"]]
        let bodies = [
            "app": "depends_on \"cmake\" => :build", "wrapper": "depends_on \"cmake\"", "cmake": "",
            "both": "depends_on \"cmake\" => :build\ndepends_on \"wrapper\"",
        ]
        let building = try sequence(["app"], bodies, externals: policy)
        #expect(building.steps.map(\.name) == ["app"])
        #expect(building.steps.first?.externals == policy)
        #expect(try sequence(["wrapper"], bodies, externals: policy).steps.map(\.name) == ["cmake", "wrapper"])
        #expect(try sequence(["both"], bodies, externals: policy).steps.map(\.name) == ["cmake", "wrapper", "both"])
    }

    @Test("a circle, a missing formula or another system stop those that need it, and nothing else")
    func refusals() throws {
        let order = try sequence(
            ["a", "gone", "mac", "fine"],
            [
                "a": "depends_on \"b\"", "b": "depends_on \"a\"", "gone": "depends_on \"nowhere\"",
                "mac": "depends_on :macos", "fine": "",
            ])
        #expect(order.steps.map(\.name) == ["fine"])
        let refused = Set(order.refusals.map(\.name))
        #expect(refused.isSuperset(of: ["a", "gone", "mac"]))
        let reason = order.refusals.first { $0.name == "mac" }?.error as? BuildSequenceError
        #expect(reason == .requirement("mac", "macos"))
    }
}

@Suite("A job's key")
struct BuildKeyTests {
    private let toolchain = HostToolchain(
        compiler: "gcc-12", compilerVersion: "12.2.0", glibcVersion: "2.36", systemName: "Debian")

    private func key(
        _ body: String, dependencies: [String: String] = [:], externals: [String: String] = [:],
        toolchain: HostToolchain? = nil
    ) throws -> String {
        BuildKey(
            try Formulae.loaded("own", body: body), dependencies: dependencies, externals: externals,
            toolchain: toolchain ?? self.toolchain, platform: "x86_64_linux"
        ).digest.hex
    }

    private let body = "def install\n  system \"make\"\nend"

    @Test("comments, layout, words for people and the bottle block do not matter")
    func meaning() throws {
        let plain = try key(body)
        #expect(try key("# a comment\n\n" + body) == plain)
        #expect(try key("def install\n  # why\n  system(\"make\")\nend") == plain)
        #expect(try key("livecheck do\n  url :stable\nend\n" + body) == plain)
        #expect(
            try key("bottle do\n  sha256 x86_64_linux: \"\(String(repeating: "1", count: 64))\"\nend\n" + body) == plain
        )
    }

    @Test("everything that can change the bottle does")
    func matters() throws {
        var other = toolchain
        other.compilerVersion = "12.3.0"
        let keys = [
            try key(body), try key(body.replacing("make", with: "make install")),
            try key("keg_only \"x\"\n" + body), try key("revision 1\n" + body),
            try key(body, dependencies: ["zlib": "11"]), try key(body, dependencies: ["zlib": "22"]),
            try key(body, externals: ["cmake": "cmake 3.25"]), try key(body, toolchain: other),
        ]
        #expect(Set(keys).count == keys.count)
    }
}

@Suite("The externals policy")
struct HostCommandsTests {
    @Test("sandbox/externals.md lists it as it is")
    func document() throws {
        let file = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .pushing("sandbox/externals.md")
        let rows = try FileTree.readText(file).split(separator: "\n").filter { $0.hasPrefix("| `") }
        let listed = rows.map { $0.filter { $0 != "`" }.split(separator: "|").map { $0.filter { $0 != " " } } }
        let policy = HostCommands.standard.sorted { $0.key < $1.key }
            .map { [$0.key, $0.value.joined(separator: ",")] }
        #expect(listed == policy)
    }

    @Test("where a command is missing the formula is not satisfied")
    func present() {
        let commands = HostCommands(text: ["shell": "sh", "both": "sh no-such-command", "none": "no-such-command"])
        #expect(commands.present() == ["shell": ["sh"]])
    }
}
