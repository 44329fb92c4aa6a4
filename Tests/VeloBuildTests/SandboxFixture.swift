import Glibc
import SystemPackage
import VeloBuild
import VeloSystem
import VeloTestSupport

/// A shell line in the place of `install`, in the sandbox that builds get.
struct SandboxFixture {
    let scratch: Scratch
    let layout: BuildLayout

    init(_ scratch: Scratch) throws {
        self.scratch = scratch
        layout = BuildLayout(scratch: scratch.path, views: FilePath("/tmp/velo-tests-\(getuid())"))
        try layout.prepare()
        for folder in ["Cellar/own", "Cellar/dependency/1.0", "etc", "var"] {
            try FileTree.makeFolder(layout.prefix.pushing(FilePath(folder)))
        }
        try FileTree.write(Array("theirs\n".utf8), to: layout.prefix.pushing("Cellar/dependency/1.0/file"))
    }

    static let prefix = "/home/linuxbrew/.linuxbrew"

    static func limits(
        total: Duration = .seconds(30), silence: Duration = .seconds(30), memory: Int = 1 << 30,
        processes: Int = 200, fileSize: Int = 64 << 20, disk: Int = 1 << 30, output: Int = 1 << 20
    ) -> SandboxLimits {
        SandboxLimits(
            total: total, silence: silence, memory: memory, processes: processes, fileSize: fileSize, disk: disk,
            output: output)
    }

    func spec(_ line: String, shell: [String] = ["/bin/sh", "-c"]) throws -> SandboxSpec {
        var spec = BuildSandbox(
            layout: layout, program: try Program.folder().appending("velod"), prefix: Self.prefix
        )
        .forInstall(
            of: try Formulae.named("own"), archives: [], environment: ["PATH": "/usr/bin:/bin", "HOME": "/build"])
        spec.arguments = shell + [line]
        return spec
    }

    /// Blocking for as long as the line runs.
    func run(
        _ line: String, shell: [String] = ["/bin/sh", "-c"], limits: SandboxLimits = SandboxFixture.limits()
    ) async throws -> (exit: SandboxRunner.Exit, text: String) {
        let prepared = try spec(line, shell: shell)
        return try await BlockingThread.run {
            let said = Lines()
            let exit = try SandboxRunner(limits: limits, interruption: Interruption()).run(prepared) { event in
                if case .line(let text) = event { said.add(text) }
            }
            return (exit, said.all.joined(separator: "\n"))
        }
    }
}

/// Lines as they come from another thread.
final class Lines: @unchecked Sendable {
    // Filled and read by one thread, one after the other.
    private(set) var all: [String] = []
    func add(_ line: String) { all.append(line) }
}
