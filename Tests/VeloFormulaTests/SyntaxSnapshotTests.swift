import Foundation
import Testing
import VeloFormula

/// Trees and diagnostics as they were when somebody last looked at them. `VELO_RECORD=1` writes them anew.
@Suite struct SyntaxSnapshotTests {
    @Test("every construct makes the tree that was recorded for it", arguments: Fixture.all(in: "syntax"))
    func tree(_ fixture: Fixture) throws {
        let tree = Parser.parse(try fixture.source())
        #expect(tree.diagnostics.isEmpty)
        try fixture.compare(TreePrinter.text(of: tree), with: "tree")
    }

    @Test("every mistake is reported as it was recorded", arguments: Fixture.all(in: "errors"))
    func diagnostics(_ fixture: Fixture) throws {
        let source = try fixture.source()
        let tree = Parser.parse(source)
        #expect(!tree.diagnostics.isEmpty)
        let text = tree.diagnostics.map { $0.rendered(in: source) + "\n" }.joined()
        try fixture.compare(text, with: "txt")
    }
}

/// A Ruby file beside its expected reading.
struct Fixture: CustomTestStringConvertible, Sendable {
    let url: URL

    static func all(in folder: String) -> [Fixture] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(folder)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        return names.sorted().filter { $0.hasSuffix(".rb") }.map { Fixture(url: root.appending(path: $0)) }
    }

    var testDescription: String { url.lastPathComponent }

    func source() throws -> SourceText {
        SourceText(name: url.lastPathComponent, bytes: Array(try Data(contentsOf: url)))
    }

    func compare(_ text: String, with pathExtension: String) throws {
        let expected = url.deletingPathExtension().appendingPathExtension(pathExtension)
        if ProcessInfo.processInfo.environment["VELO_RECORD"] == "1" {
            try Data(text.utf8).write(to: expected)
        } else {
            #expect(text == String(decoding: try Data(contentsOf: expected), as: UTF8.self))
        }
    }
}
