/// Turns the text of a formula into its model.
package enum FormulaLoader {
    /// Parses and evaluates a formula.
    ///
    /// - Throws: `FormulaProblem` for anything that is wrong with the text or unknown to the evaluator.
    package static func load(
        name: String, tap: TapName, source: SourceText, context: EvaluationContext, formulae: any FormulaLookup
    ) throws(FormulaProblem) -> LoadedFormula {
        let tree = Parser.parse(source, defersBodies: true)
        return try load(name: name, tap: tap, tree: tree, context: context, formulae: formulae)
    }

    /// Evaluates a formula that was parsed before.
    package static func load(
        name: String, tap: TapName, tree: SyntaxTree, context: EvaluationContext, formulae: any FormulaLookup
    ) throws(FormulaProblem) -> LoadedFormula {
        try requireSound(tree)
        let (formula, _) = try evaluate(name: name, tap: tap, tree: tree, context: context, formulae: formulae)
        return LoadedFormula(formula: formula, tree: tree, context: context, formulae: formulae)
    }

    /// Evaluates a formula, and its `caveats` right after the class body.
    package static func loadWithCaveats(
        name: String, tap: TapName, tree: SyntaxTree, context: EvaluationContext, formulae: any FormulaLookup
    ) throws(FormulaProblem) -> (Formula, caveats: String?) {
        try requireSound(tree)
        let (formula, interpreter) = try evaluate(
            name: name, tap: tap, tree: tree, context: context, formulae: formulae)
        return (formula, try LoadedFormula.caveats(of: formula, interpreter, host: nil))
    }

    private static func requireSound(_ tree: SyntaxTree) throws(FormulaProblem) {
        guard tree.diagnostics.contains(where: { $0.severity == .error }) else { return }
        throw FormulaProblem(source: tree.source, diagnostics: tree.diagnostics.filter { $0.severity == .error })
    }

    /// Evaluates the class body in a fresh interpreter.
    static func evaluate(
        name: String, tap: TapName, tree: SyntaxTree, context: EvaluationContext, formulae: any FormulaLookup
    ) throws(FormulaProblem) -> (Formula, Interpreter) {
        let interpreter = Interpreter(tree: tree, context: context, lookup: formulae)
        do {
            _ = try interpreter.evaluate(tree.root, interpreter.topFrame)
            return (try finish(name: name, tap: tap, interpreter), interpreter)
        } catch {
            throw interpreter.problem(for: error)
        }
    }

    private static func finish(name: String, tap: TapName, _ interpreter: Interpreter) throws -> Formula {
        guard let type = interpreter.formulaClass, let draft = type.nearestDraft else {
            throw Unwind.refused(
                Refusal(
                    id: "formula.no-class", message: "there is no class that inherits from Formula",
                    hint: "a formula looks like `class \(className(for: name)) < Formula … end`"))
        }
        guard type.name == className(for: name) else {
            throw Unwind.refused(
                Refusal(
                    id: "formula.class-name",
                    message: "the class of `\(name)` must be named `\(className(for: name))`, but is `\(type.name)`"))
        }
        let era = interpreter.context.era
        var formula = Formula(name: name, tap: tap, path: interpreter.tree.source.name)
        formula.desc = draft.desc
        formula.homepage = draft.homepage
        formula.license = draft.license
        formula.revision = draft.revision
        formula.versionScheme = draft.versionScheme
        formula.stable = draft.stable.finished(era)
        formula.head = draft.head.finished(era)
        formula.conflicts = draft.conflicts
        formula.kegOnly = draft.kegOnly
        formula.bottle = draft.bottle
        formula.deprecation = draft.deprecation
        formula.disabling = draft.disabling
        formula.deprecationReason = draft.deprecationReason
        formula.linkOverwrite = draft.linkOverwrite
        formula.skipClean = draft.skipClean
        formula.compilerFailures = draft.compilerFailures
        formula.pourCondition = draft.pourCondition
        formula.usesStandardEnvironment = draft.usesStandardEnvironment
        formula.hasTest = type.definesMethod("test")
        formula.hasPostInstall = type.definesMethod("post_install")
        formula.definesCaveats = type.definesMethod("caveats")
        formula.hasService = draft.service != nil
        formula.hasLivecheck = draft.hasLivecheck
        formula.dependsOnPlatform = interpreter.metPlatformBlock
        formula.data = interpreter.tree.data
        guard let url = formula.stable?.download.url ?? formula.head?.download.url else {
            throw Unwind.refused(Refusal(id: "formula.no-url", message: "the formula `\(name)` has no `url`"))
        }
        guard !formula.version.isEmpty else {
            throw Unwind.refused(
                Refusal(
                    id: "formula.no-version", message: "no version can be found in `\(url)`",
                    hint: "add a `version` stanza"))
        }
        return formula
    }

    /// `openssl@1.1` as `OpensslAT11`, `gtk+3` as `Gtkx3`, `foo-bar` as `FooBar`.
    package static func className(for name: String) -> String {
        let start = name.utf8.lastIndex(of: UInt8(ascii: "/")).map { name.utf8.index(after: $0) } ?? name.startIndex
        let bytes = Array(name.utf8[start...])
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 2)
        var raisesNext = true
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: " "):
                // A mark that no letter or digit follows stays.
                if next.isASCIIDigit || next.isASCIILetter { raisesNext = true } else { result.append(byte) }
            case UInt8(ascii: "+"): result.append(UInt8(ascii: "x"))
            case UInt8(ascii: "@") where next.isASCIIDigit: result += Array("AT".utf8)
            default:
                // As `capitalize` does it: the first letter large, the others small; then each letter behind a mark.
                result.append(raisesNext && byte.isASCIILowercase ? byte - 32 : raisesNext ? byte : lowered(byte))
                raisesNext = false
            }
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte
    }
}

extension ClassBox {
    /// The file defines the method, here or in a class above.
    fileprivate func definesMethod(_ name: String) -> Bool {
        var next: ClassBox? = self
        while let current = next, current.native == nil {
            if current.methods[name] != nil { return true }
            next = current.superclass
        }
        return false
    }
}

extension SyntaxTree {
    /// The formula's name by its file's.
    var formulaName: String {
        let base = PathText.base(source.name)
        return base.hasSuffix(".rb") ? String(base.dropLast(3)) : base
    }
}
