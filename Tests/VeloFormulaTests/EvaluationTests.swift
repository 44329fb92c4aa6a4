import Foundation
import Testing
import VeloFormula

/// Formulae written for the purpose, evaluated and rehearsed; what they say is recorded beside them.
@Suite struct EvaluationTests {
    @Test("every stanza is read as it was recorded", arguments: Fixture.all(in: "formulae"))
    func stanzas(_ fixture: Fixture) throws {
        let tree = Parser.parse(try fixture.formulaSource(), defersBodies: true)
        let (formula, caveats) = try FormulaLoader.loadWithCaveats(
            name: fixture.name, tap: .core, tree: tree, context: .test, formulae: NoFormulae())
        var writer = JSONWriter()
        writer.object {
            FormulaJSON(
                formula, caveats: caveats, names: TapNames(names: [fixture.name]), versioned: [], context: .test
            ).write(to: &$0)
        }
        try fixture.compare(try fixture.pretty(writer.bytes), with: "json")
    }

    @Test("every method does what was recorded", arguments: Fixture.all(in: "formulae"))
    func methods(_ fixture: Fixture) throws {
        try fixture.compare(try fixture.trace(), with: "trace")
    }

    @Test("the language does what Ruby does", arguments: Fixture.all(in: "ruby"))
    func language(_ fixture: Fixture) throws {
        // The traces were written by Ruby 3.1, which ran the same files with a `system` that prints.
        let expected = fixture.url.deletingPathExtension().appendingPathExtension("trace")
        let wanted = String(decoding: try Data(contentsOf: expected), as: UTF8.self)
        #expect(try fixture.trace() == wanted)
    }

    @Test("every mistake is told as it was recorded", arguments: Fixture.all(in: "mistakes"))
    func mistakes(_ fixture: Fixture) throws {
        var text = ""
        do {
            let loaded = try FormulaLoader.load(
                name: fixture.name, tap: .core, source: try fixture.formulaSource(), context: .test,
                formulae: NoFormulae())
            try loaded.run(
                .install, host: RehearsalHost(), folder: RehearsalHost.buildFolder, environment: ["HOME": "/home/brew"])
            text = "nothing is wrong"
        } catch let problem as FormulaProblem {
            text = problem.rendered
        }
        try fixture.compare(text + "\n", with: "txt")
    }

    @Test("methods that are read later are the ones that are read at once", arguments: Fixture.all(in: "syntax"))
    func deferring(_ fixture: Fixture) throws {
        let source = try fixture.source()
        #expect(
            TreePrinter.text(of: Parser.parse(source, defersBodies: true)) == TreePrinter.text(of: Parser.parse(source))
        )
    }

    @Test("mistakes in methods that are read later are told at once", arguments: Fixture.all(in: "errors"))
    func deferredMistakes(_ fixture: Fixture) throws {
        let source = try fixture.source()
        #expect(Parser.parse(source, defersBodies: true).diagnostics == Parser.parse(source).diagnostics)
    }

    @Test("a file of megabytes and brackets without end are refused, not read for ever")
    func bounds() throws {
        let large = SourceText(name: "large.rb", text: String(repeating: "# a comment\n", count: 900_000))
        let deep = SourceText(
            name: "deep.rb", text: "class Deep < Formula\n  url " + String(repeating: "[", count: 100_000))
        for source in [large, deep] {
            #expect(throws: FormulaProblem.self) {
                try FormulaLoader.load(
                    name: "x", tap: .core, source: source, context: .test, formulae: NoFormulae())
            }
        }
    }
}

extension EvaluationContext {
    /// Linux on an ordinary day.
    static var test: EvaluationContext {
        var context = EvaluationContext(
            platform: Platform(.linux, .x86_64), date: CalendarDate(year: 2026, month: 11, day: 23),
            era: .homebrew4)
        context.isBottleBuild = false
        context.budget.steps = 200_000
        return context
    }
}

extension Fixture {
    var name: String { url.deletingPathExtension().lastPathComponent }

    func formulaSource() throws -> SourceText {
        SourceText(name: "Formula/\(name).rb", bytes: Array(try Data(contentsOf: url)))
    }

    /// What `install` would do, a JSON array a line.
    func trace() throws -> String {
        let host = RehearsalHost()
        let loaded = try FormulaLoader.load(
            name: name, tap: .core, source: try formulaSource(), context: .test, formulae: NoFormulae())
        try loaded.run(
            .install, host: host, folder: RehearsalHost.buildFolder,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/home/brew", "MAKEFLAGS": "-j2"])
        var writer = JSONWriter()
        for row in host.trace {
            writer.strings(row)
            writer.separate(by: "\n")
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    func pretty(_ json: [UInt8]) throws -> String {
        let value = try JSONSerialization.jsonObject(with: Data(json))
        let data = try JSONSerialization.data(
            withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
