import SystemPackage
import Testing
import VeloBuild
import VeloSystem
import VeloTestSupport

/// The compiler shims with the real compiler behind them.
@Suite("The compiler shims")
struct CompilerShimTests {
    private func with(_ body: (Scratch, BuildLayout) async throws -> Void) async throws {
        try await Scratch.with("shim") { scratch in
            let layout = BuildLayout(scratch: scratch.path)
            try layout.prepare()
            try await body(scratch, layout)
        }
    }

    @Test("headers and libraries of the prefix are found, and the program remembers where its libraries are")
    func findsThePrefix() async throws {
        try await with { scratch, layout in
            try scratch.file("p/include/thing.h", "int thing(void);\n")
            try scratch.file("thing.c", "int thing(void) { return 7; }\n")
            try scratch.file("main.c", "#include <thing.h>\nint main(void) { return thing(); }\n")
            let prefix = scratch.path.appending("p")
            _ = try await Program("/usr/bin/gcc").run(
                "-shared", "-fPIC", "-o", try scratch.folder("p/lib").appending("libthing.so").string,
                scratch.path.appending("thing.c").string)
            let cc = Program(
                layout.shims.appending("cc").string,
                environment: [
                    "HOMEBREW_ISYSTEM_PATHS": "\(prefix)/include", "HOMEBREW_LIBRARY_PATHS": "\(prefix)/lib",
                    "HOMEBREW_RPATH_PATHS": "\(prefix)/lib",
                ])
            let program = scratch.path.appending("main").string
            let linked = try await cc.run("-o", program, scratch.path.appending("main.c").string, "-lthing")
            try #require(linked.exit.isSuccess, "\(linked.text)")
            #expect(try await Program(program).run().status == 7)
            #expect(try await Program("/usr/bin/readelf").run("-d", program).text.contains("\(prefix)/lib"))
        }
    }

    @Test("debug information and flags for this very processor are left out")
    func dropsFlags() async throws {
        try await with { scratch, layout in
            let source = try scratch.file("a.c", "int a(int x) { return x; }\n").string
            let object = scratch.path.appending("a.o").string
            let compiled = try await Program(layout.shims.appending("gcc").string)
                .run("-g", "-O2", "-march=native", "-c", "-o", object, source)
            #expect(compiled.exit.isSuccess, "\(compiled.text)")
            #expect(!(try await Program("/usr/bin/readelf").run("-S", object).text.contains(".debug_info")))
        }
    }

    @Test(
        "questions to the compiler pass through", arguments: ["-v", "--version", "-dumpversion", "-print-search-dirs"])
    func questionsPass(question: String) async throws {
        try await with { _, layout in
            let environment = ["HOMEBREW_LIBRARY_PATHS": "/nowhere", "HOMEBREW_RPATH_PATHS": "/nowhere"]
            let answer = try await Program(layout.shims.appending("g++").string, environment: environment).run(question)
            #expect(answer.exit.isSuccess && !answer.text.isEmpty)
            #expect(!answer.text.contains("rpath"))
        }
    }
}
