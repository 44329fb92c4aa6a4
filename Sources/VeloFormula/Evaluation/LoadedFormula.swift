/// A formula's model together with what is needed to run its methods. Shared freely: each run evaluates anew.
package struct LoadedFormula: Sendable {
    package let formula: Formula
    let tree: SyntaxTree
    let context: EvaluationContext
    let formulae: any FormulaLookup

    /// A method of the formula.
    package enum Phase: String, Sendable {
        case install, test
        case postInstall = "post_install"
    }

    /// The source as it was read.
    package var source: SourceText { tree.source }

    /// Runs a method.
    ///
    /// - Parameters:
    ///   - folder: where the method starts: the unpacked source (`buildpath`) or the test's folder (`testpath`).
    ///   - environment: what `ENV` holds at the start and commands are given.
    /// - Throws: `FormulaProblem`, with file and line, for what the evaluator does not know, an exception that the
    ///   formula raised, or a command that failed. A missing method is not an error.
    package func run(
        _ phase: Phase, host: any FormulaHost, folder: String, environment: [String: String]
    ) throws(FormulaProblem) {
        let (interpreter, object) = try prepare(host: host, folder: folder, environment: environment)
        switch phase {
        case .install: object.buildFolder = folder
        case .test: object.testFolder = folder
        case .postInstall: object.buildFolder = folder
        }
        do {
            _ = try interpreter.send(.object(object), phase.rawValue)
        } catch Unwind.exit(0) {
            // `exit` in a test ends it well.
        } catch Unwind.returning {
            // `return` in a `test do` block ends it.
        } catch {
            throw interpreter.problem(for: error)
        }
    }

    /// What `caveats` says, or nil. Files it looks at are not there unless the host shows them.
    package func caveats(host: (any FormulaHost)? = nil) throws(FormulaProblem) -> String? {
        guard formula.definesCaveats else { return nil }
        let (formula, interpreter) = try FormulaLoader.evaluate(
            name: formula.name, tap: formula.tap, tree: tree, context: context, formulae: formulae)
        return try Self.caveats(of: formula, interpreter, host: host)
    }

    /// The same, with an interpreter that has evaluated the class body and nothing else.
    static func caveats(
        of formula: Formula, _ interpreter: Interpreter, host: (any FormulaHost)?
    ) throws(FormulaProblem) -> String? {
        guard formula.definesCaveats else { return nil }
        let context = interpreter.context
        let environment = [
            "PATH": "/usr/bin:/bin", "HOME": context.home, "SHELL": context.shell, "USER": context.user,
        ]
        let object = try begin(
            formula, interpreter, host: host ?? RehearsalHost(), folder: "/", environment: environment)
        do {
            let value = try interpreter.send(.object(object), "caveats")
            return value.isNil ? nil : try interpreter.string(of: value)
        } catch {
            throw interpreter.problem(for: error)
        }
    }

    private func prepare(
        host: any FormulaHost, folder: String, environment: [String: String]
    ) throws(FormulaProblem) -> (Interpreter, FormulaObject) {
        let (formula, interpreter) = try FormulaLoader.evaluate(
            name: formula.name, tap: formula.tap, tree: tree, context: context, formulae: formulae)
        let object = try Self.begin(formula, interpreter, host: host, folder: folder, environment: environment)
        return (interpreter, object)
    }

    /// From here on methods run.
    private static func begin(
        _ formula: Formula, _ interpreter: Interpreter, host: any FormulaHost, folder: String,
        environment: [String: String]
    ) throws(FormulaProblem) -> FormulaObject {
        guard let type = interpreter.formulaClass else {
            throw interpreter.problem(
                for: Unwind.refused(Refusal(id: "formula.no-class", message: "there is no formula")))
        }
        let object = FormulaObject(own: formula, userClass: type)
        interpreter.formula = object
        interpreter.host = host
        interpreter.folder = folder
        interpreter.environment = environment
        return object
    }
}
