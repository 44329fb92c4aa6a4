import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// `velod relink` on what lies in a folder.
@Suite("Relinking a folder")
struct RelinkTests {
    private let loader = "/home/linuxbrew/.linuxbrew/a-rather-long-name-for-a-folder/lib/ld.so"

    private func interpreter(_ file: FilePath) async throws -> String? {
        try await Program("/usr/bin/patchelf").run("--print-interpreter", file.string).lines.first
    }

    @Test("each program in it is changed once, a broken one is named, and nothing else is touched")
    func folder() async throws {
        try await Scratch.with("relink") { scratch in
            let folder = scratch.path.appending("keg")
            let inner = folder.appending("libexec")
            try FileTree.makeFolder(inner)
            for number in 0..<40 {
                try FileTree.copyFile(
                    number % 2 == 0 ? "/usr/bin/true" : "/usr/bin/env", to: inner.appending("p\(number)"))
            }
            try FileTree.copyFile("/usr/bin/env", to: folder.appending("env"))
            try FileTree.makeHardLink(folder.appending("same"), to: folder.appending("env"))
            let outside = scratch.path.appending("outside")
            try FileTree.copyFile("/usr/bin/env", to: outside)
            try FileTree.makeLink(folder.appending("link"), to: outside.string)
            try FileTree.write(Array("#!/bin/sh\n".utf8), to: folder.appending("script"))
            try FileTree.write(Array(try FileTree.read("/usr/bin/env").prefix(200)), to: folder.appending("broken"))
            let before = try await interpreter(outside)

            let relink = try await Program.built("velod").run("relink", "--interpreter", loader, folder.string, "none")

            #expect(relink.status == 1)
            #expect(relink.text.contains("\(folder)/broken"))
            #expect(relink.text.contains("none"))
            for number in 0..<40 { #expect(try await interpreter(inner.appending("p\(number)")) == loader) }
            #expect(try await interpreter(folder.appending("env")) == loader)
            #expect(try await interpreter(outside) == before)
            #expect(try FileTree.readText(folder.appending("script")) == "#!/bin/sh\n")
            // Changed twice, it would have a second segment for its headers.
            let segments = try await Program("/usr/bin/readelf").run("-lW", folder.appending("same").string)
            #expect(segments.lines.count { $0.contains("INTERP") } == 1)
        }
    }
}
