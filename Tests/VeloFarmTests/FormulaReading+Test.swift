import VeloFarm
import VeloFormula

extension FormulaReading {
    /// The real evaluator, for the platform of the tests.
    static var test: FormulaReading { FormulaReading(platform: .test) }
}
