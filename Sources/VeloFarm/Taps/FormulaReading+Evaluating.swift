import VeloBuild
import VeloCore
package import VeloFormula
import VeloSystem

extension FormulaReading {
    /// Evaluates formulae as they are on a platform, today.
    package init(platform: PlatformTag) {
        self.init { source, tap in
            guard let target = platform.platform else {
                return .refused("\(source.name): error: `all` is no platform to evaluate a formula for")
            }
            let context = EvaluationContext(platform: target, date: CalendarDate.today())
            let name = FormulaReading.name(of: source)
            do throws(VeloFormula.FormulaProblem) {
                let loaded = try FormulaLoader.load(
                    name: name, tap: tap, source: source, context: context, formulae: NoFormulae())
                // Caveats are only words: what cannot be worked out without the installed files is left out.
                let caveats = (try? loaded.caveats()) ?? nil
                return .formula(loaded.formula, caveats: caveats?.replacing(context.prefix, with: "$HOMEBREW_PREFIX"))
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
