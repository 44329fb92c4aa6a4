import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// The program itself, with the real compiler behind it.
@Suite("The compiler shim")
struct CompilerShimTests {
    /// The shim under a tool's name.
    private func shim(_ name: String, _ scratch: Scratch, _ environment: [String: String] = [:]) throws -> Program {
        let folder = try scratch.folder("shims")
        let link = folder.appending(name)
        try FileTree.makeLink(link, to: try Program.folder().appending("velo-cc").string)
        let variables = ["HOMEBREW_SHIMS_PATH": folder.string, "PATH": "\(folder):/usr/bin:/bin", "HOMEBREW_CC": "gcc"]
        return Program(link.string, environment: variables.merging(environment) { $1 })
    }

    @Test("headers and libraries of the prefix are found, and the program remembers where its libraries are")
    func findsThePrefix() async throws {
        try await Scratch.with("shim") { scratch in
            try scratch.file("p/include/thing.h", "int thing(void);\n")
            try scratch.file("thing.c", "int thing(void) { return 7; }\n")
            try scratch.file("main.c", "#include <thing.h>\nint main(void) { return thing(); }\n")
            let prefix = scratch.path.appending("p")
            _ = try await Program("/usr/bin/gcc").run(
                "-shared", "-fPIC", "-o", try scratch.folder("p/lib").appending("libthing.so").string,
                scratch.path.appending("thing.c").string)
            let cc = try shim(
                "cc", scratch,
                [
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

    @Test("make runs the shims, and under it debug information is left out")
    func underMake() async throws {
        try await Scratch.with("shim") { scratch in
            try scratch.file("a.c", "int a(int x) { return x; }\n")
            try scratch.file("Makefile", "a.o: a.c\n\tcc -g -march=native -c -o a.o a.c\n")
            _ = try shim("cc", scratch)
            let made = try await shim("make", scratch).run(directory: scratch.path)
            #expect(made.exit.isSuccess, "\(made.text)")
            let sections = try await Program("/usr/bin/readelf").run("-S", scratch.path.appending("a.o").string)
            #expect(!sections.text.contains(".debug_info"))
        }
    }

    @Test("a tool that is not there is said to be missing")
    func missing() async throws {
        try await Scratch.with("shim") { scratch in
            let said = try await shim("gcc-99", scratch).run("-c", "a.c")
            #expect(said.status == 127 && said.text.contains("there is no `gcc-99`"))
        }
    }

    @Test("arguments that are no UTF-8 arrive as they were")
    func bytes() async throws {
        try await Scratch.with("shim") { scratch in
            try scratch.file("a.c", "#include <stdio.h>\nint main(void) { puts(WORD); return 0; }\n")
            let cc = try shim("cc", scratch)
            let script = "\(cc.path) -DWORD='\"'$(printf '\\351')'\"' -o a a.c && ./a | od -An -tx1"
            let said = try await Program("/bin/sh", environment: cc.environment)
                .run("-c", script, directory: scratch.path)
            #expect(said.text.contains("e9 0a"), "\(said.text)")
        }
    }
}
