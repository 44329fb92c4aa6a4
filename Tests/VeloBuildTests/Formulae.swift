import VeloFormula

/// Small formulae for tests.
enum Formulae {
    static func named(_ name: String, body: String = "") throws -> Formula {
        try loaded(name, body: body).formula
    }

    static func loaded(_ name: String, body: String = "") throws -> LoadedFormula {
        let text = """
            class \(FormulaLoader.className(for: name)) < Formula
              desc "Made for a test"
              homepage "https://example.org"
              url "https://example.org/\(name)-1.0.tar.gz"
              sha256 "\(String(repeating: "0", count: 64))"
            \(body)
            end

            """
        guard let tap = TapName("test/tap"), let platform = PlatformTag("x86_64_linux")?.platform else {
            throw NoSuchThing()
        }
        return try FormulaLoader.load(
            name: name, tap: tap, source: SourceText(name: "Formula/\(name).rb", text: text),
            context: EvaluationContext(platform: platform, date: CalendarDate(year: 2026, month: 11, day: 24)),
            formulae: NoFormulae())
    }

    struct NoSuchThing: Error {}
}
