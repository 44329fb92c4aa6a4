import VeloBuild
import VeloCore
package import VeloFormula
import VeloSystem

extension FormulaReading {
    /// Evaluates formulae as they are on a platform, today.
    package init(platform: PlatformTag) {
        let load: @Sendable (SourceText, TapName, Platform) throws(VeloFormula.FormulaProblem) -> LoadedFormula = {
            source, tap, target throws(VeloFormula.FormulaProblem) in
            try FormulaLoader.load(
                name: Self.name(of: source), tap: tap, source: source,
                context: EvaluationContext(platform: target, date: CalendarDate.today()), formulae: NoFormulae())
        }
        self.init(loader: { source, tap in
            platform.platform.flatMap { try? load(source, tap, $0) }
        }) { source, tap in
            guard let target = platform.platform else {
                return .refused("\(source.name): error: `all` is no platform to evaluate a formula for")
            }
            do throws(VeloFormula.FormulaProblem) {
                let loaded = try load(source, tap, target)
                // Caveats are only words: what cannot be worked out without the installed files is left out.
                let caveats = (try? loaded.caveats()) ?? nil
                let prefix = EvaluationContext(platform: target, date: CalendarDate.today()).prefix
                return .formula(loaded.formula, caveats: caveats?.replacing(prefix, with: "$HOMEBREW_PREFIX"))
            } catch {
                return .refused(error.rendered)
            }
        }
    }

    /// `hello` for `Formula/h/hello.rb`
    private static func name(of source: SourceText) -> String {
        let base = source.name.split(separator: "/").last.map(String.init) ?? source.name
        return base.hasSuffix(".rb") ? String(base.dropLast(3)) : base
    }
}
