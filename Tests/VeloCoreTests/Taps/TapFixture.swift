import SystemPackage
import VeloFormula
import VeloSystem
import VeloTestSupport

/// Taps for tests, a formula in a line.
struct TapFixture: Sendable {
    let scratch: Scratch
    var root: FilePath { scratch.path.appending("tap") }
    var cache: FilePath { scratch.path.appending("cache") }

    static func with(_ name: String, _ body: (TapFixture) async throws -> Void) async throws {
        try await Scratch.with(name) { scratch in try await body(TapFixture(scratch: scratch)) }
    }

    func formula(_ name: String, _ version: String = "1.0", desc: String = "A thing", _ more: String = "") throws {
        try text(
            name,
            """
            class \(FormulaLoader.className(for: name)) < Formula
              desc "\(desc)"
              homepage "https://example.org/\(name)"
              url "https://example.org/\(name)-\(version).tar.gz"
              sha256 "\(String(repeating: "0", count: 64))"
              \(more)
            end

            """)
    }

    func text(_ name: String, _ text: String) throws { try scratch.file("tap/Formula/\(name).rb", text) }

    func alias(_ alias: String, of name: String) throws {
        let folder = root.appending("Aliases")
        try FileTree.makeFolder(folder)
        try FileTree.makeLink(folder.appending(alias), to: "../Formula/\(name).rb")
    }

    func context(_ date: CalendarDate = CalendarDate(year: 2026, month: 11, day: 28)) -> EvaluationContext {
        EvaluationContext(platform: Platform(.linux, .x86_64), date: date)
    }
}
