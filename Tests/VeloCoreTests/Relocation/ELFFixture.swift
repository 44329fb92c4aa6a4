import SystemPackage
import Testing
import VeloCore
import VeloSystem
import VeloTestSupport

/// A library and a program that needs it, compiled here, and what other tools say about them.
struct ELFFixture {
    let scratch: Scratch
    let readelf = Program("/usr/bin/readelf")

    /// How the two are linked.
    struct Kind: Sendable, CustomTestStringConvertible {
        var name: String
        var flags: [String]
        var testDescription: String { name }

        static let all = [
            Kind(name: "PIE", flags: ["-pie", "-fPIE"]),
            Kind(name: "fixed address", flags: ["-no-pie"]),
            Kind(name: "without section names", flags: ["-pie", "-s"]),
            Kind(name: "old tags and hash", flags: ["-pie", "-Wl,--disable-new-dtags,--hash-style=sysv"]),
            Kind(name: "no spare header", flags: ["-pie", "-fPIE", "-DBARE", "-nostartfiles", "-Wl,--build-id=none"]),
            Kind(
                name: "no spare header, fixed address",
                flags: ["-no-pie", "-DBARE", "-nostartfiles", "-Wl,--build-id=none"]),
            Kind(name: "large zeroed data", flags: ["-no-pie", "-DLARGE"]),
            Kind(name: "separate code", flags: ["-pie", "-Wl,-z,separate-code,-z,relro,-z,now"]),
        ]
    }

    /// Builds `PREFIX/lib/libgreet.so` and `PREFIX/bin/greet`, which finds it by its search path alone.
    func build(_ kind: Kind, at prefix: FilePath) async throws {
        try FileTree.makeFolder(prefix.appending("lib"))
        try FileTree.makeFolder(prefix.appending("bin"))
        let library = try scratch.file("greet.c", "const char *greet(void) { return \"hello from afar\"; }\n")
        let program = try scratch.file(
            "main.c",
            """
            #include <stdio.h>
            #include <unistd.h>
            const char *greet(void);
            #if defined BARE
            void _start(void) { write(1, greet(), 15); write(1, "\\n", 1); _exit(0); }
            #elif defined LARGE
            static char space[100 << 20];
            int main(int n, char **v) { space[n] = 1; puts(space[n] ? greet() : v[0]); return 0; }
            #else
            int main(void) { puts(greet()); return 0; }
            #endif

            """)
        let lib = prefix.appending("lib").string
        try await compile(["-shared", "-fPIC", library.string, "-o", lib + "/libgreet.so"])
        try await compile(
            [
                program.string, "-o", prefix.pushing("bin/greet").string, "-L" + lib, "-lgreet",
                "-Wl,-rpath,\(lib):/usr/lib/nowhere",
            ]
                + kind.flags)
    }

    func compile(_ arguments: [String]) async throws {
        let result = try await Program("/usr/bin/gcc").run(arguments)
        guard result.status == 0 else { throw ToolFailure(text: result.text) }
    }

    struct ToolFailure: Error { var text: String }

    /// Rewrites a file in place.
    func edit(_ file: FilePath, interpreter: String? = nil, searchPath: String? = nil) throws {
        let bytes = try FileTree.read(file)
        let patches = try ELFImage(bytes).patches(interpreter: interpreter, searchPath: searchPath)
        try FileTree.write(BytePatch.apply(patches, to: bytes), to: file)
    }

    /// The search path and interpreter by `patchelf`, and by `readelf`, which must have no complaint.
    func readings(of file: FilePath) async throws -> (patchelf: String, readelf: [String], interpreter: String?) {
        let path = try await Program("/usr/bin/patchelf").run("--print-rpath", file.string)
        let all = try await readelf.run("-aW", file.string)
        guard path.status == 0, all.status == 0, !all.text.contains("Warning"), !all.text.contains("Error"),
            !all.text.contains("corrupt")
        else { throw ToolFailure(text: path.text + all.text) }
        func bracketed(_ line: String, _ open: String) -> String? {
            line.firstRange(of: open).map { String(line[$0.upperBound...].prefix { $0 != "]" }) }
        }
        let paths = all.lines.filter { $0.contains("(RPATH)") || $0.contains("(RUNPATH)") }
        return (
            path.text.split(separator: "\n").first.map(String.init) ?? "",
            paths.compactMap { line in
                bracketed(line, ": [").map { (line.contains("(RPATH)") ? "RPATH " : "RUNPATH ") + $0 }
            },
            all.lines.compactMap { bracketed($0, "program interpreter: ") }.first
        )
    }
}
