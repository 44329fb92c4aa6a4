package import SystemPackage
import VeloSystem

/// A folder for one test, removed when the test is done; kept and named when `VELO_KEEP_SCRATCH` is set.
package struct Scratch: Sendable {
    package let path: FilePath

    package static func with<Result>(
        _ name: String, _ body: (Scratch) async throws -> Result
    ) async throws -> Result {
        let scratch = Scratch(path: try FileTree.makeScratch(in: "/tmp/velo-tests", prefix: "\(name)-"))
        defer {
            if ProcessEnvironment.current["VELO_KEEP_SCRATCH"] == nil { try? FileTree.remove(scratch.path) }
        }
        return try await body(scratch)
    }

    /// A folder in the scratch, created.
    package func folder(_ name: String) throws -> FilePath {
        let folder = path.pushing(FilePath(name))
        try FileTree.makeFolder(folder)
        return folder
    }

    /// A file in the scratch, with its folders.
    @discardableResult
    package func file(_ name: String, _ text: String, mode: UInt32 = 0o644) throws -> FilePath {
        let file = path.pushing(FilePath(name))
        try FileTree.makeFolder(file.removingLastComponent())
        try FileTree.write(Array(text.utf8), to: file, mode: mode)
        return file
    }
}
