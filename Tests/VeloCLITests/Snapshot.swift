import SystemPackage
import Testing
import VeloSystem
import VeloTestSupport

/// Text kept in a file beside the tests. `VELO_RECORD=1` writes it anew; a missing one is a failure.
enum Snapshot {
    static let folder = FilePath(#filePath).removingLastComponent().appending("Snapshots")

    static func expect(
        _ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = folder.pushing(FilePath("\(name).txt"))
        if ProcessEnvironment.current["VELO_RECORD"] != nil {
            try FileTree.makeFolder(file.removingLastComponent())
            try FileTree.write(Array(text.utf8), to: file)
            return
        }
        let kept = FileTree.exists(file) ? try FileTree.readText(file) : "(no snapshot yet: run with VELO_RECORD=1)"
        #expect(text == kept, "Snapshots/\(name).txt", sourceLocation: sourceLocation)
    }
}
