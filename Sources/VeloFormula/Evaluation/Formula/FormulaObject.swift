/// An instance of a formula: the one whose methods run, or another that it asks about.
final class FormulaObject: ObjectBox {
    let name: String
    /// Another formula is evaluated only when more than its name is asked for.
    private var loaded: Formula?
    let isOwn: Bool
    var buildFolder: String?
    var testFolder: String?

    init(own formula: Formula, userClass: ClassBox) {
        name = formula.name
        loaded = formula
        isOwn = true
        super.init(userClass: userClass)
    }

    init(other name: String) {
        self.name = name
        isOwn = false
        super.init()
    }

    override var nativeClassName: String { "Formula" }
    override var nativeMethods: MethodTable { FormulaMethods.table }
    override var displayText: String { name }
    override var hashKey: HashKey { .list([.symbol("formula"), .string(name)]) }

    func formula(_ call: Call) throws -> Formula {
        if let loaded { return loaded }
        guard let formula = try call.interpreter.lookup.formula(named: name, context: call.interpreter.context) else {
            throw call.raising("FormulaUnavailableError", "No available formula with the name \"\(name)\"")
        }
        loaded = formula
        return formula
    }

    /// Calls a method that the other formula's file defines; nil where it defines none.
    ///
    /// The file is evaluated with the host of who asks, so what the method does is done there.
    func callOwnMethod(_ call: Call) throws -> Value? {
        let asker = call.interpreter
        guard let tree = try asker.lookup.tree(named: name) else { return nil }
        var context = asker.context
        context.toleratesRemovedStanzas = true
        let (formula, interpreter) = try FormulaLoader.evaluate(
            name: name, tap: try formula(call).tap, tree: tree, context: context, formulae: asker.lookup)
        guard let type = interpreter.formulaClass, interpreter.instanceMethod(call.name, in: type) != nil else {
            return nil
        }
        let object = FormulaObject(own: formula, userClass: type)
        interpreter.formula = object
        interpreter.host = asker.host
        interpreter.folder = asker.folder
        interpreter.environment = asker.environment
        do {
            return try interpreter.send(.object(object), call.name, call.arguments, hasKeywords: call.hasKeywords)
        } catch {
            throw interpreter.problem(for: error)
        }
    }

    // MARK: Places

    func optPrefix(_ call: Call) -> String { "\(call.interpreter.context.prefix)/opt/\(name)" }
    func rack(_ call: Call) -> String { "\(call.interpreter.context.cellar)/\(name)" }

    /// The own formula's is the keg that is made; another's is the linked one where it is installed.
    func prefix(_ call: Call) throws -> String {
        if !isOwn, isOptLinked(call) { return optPrefix(call) }
        return "\(rack(call))/\(try formula(call).pkgVersion)"
    }

    func isOptLinked(_ call: Call) -> Bool {
        call.interpreter.isLink(optPrefix(call)) || call.interpreter.isFolder(optPrefix(call))
    }

    /// The versions in the Cellar, oldest first.
    func installedVersions(_ call: Call) -> [PkgVersion] {
        guard let host = call.interpreter.host, call.interpreter.isFolder(rack(call)) else { return [] }
        return ((try? host.names(in: rack(call))) ?? []).filter { !$0.hasPrefix(".") }.map { PkgVersion($0) }
            .sorted { $0.order($1) < 0 }
    }
}

extension Interpreter {
    /// `Formula["name"]`
    func formulaObject(named name: String, _ call: Call) throws -> FormulaObject {
        if let known = formulae[name] { return known }
        let short = name.split(separator: "/").last.map(String.init) ?? name
        if let formula, formula.name == short { return formula }
        guard let canonical = lookup.canonicalName(of: name) else {
            throw call.raising("FormulaUnavailableError", "No available formula with the name \"\(name)\"")
        }
        let object = FormulaObject(other: canonical.split(separator: "/").last.map(String.init) ?? canonical)
        formulae[name] = object
        return object
    }
}

/// A dependency as formulae see it in `deps`.
final class DependencyObject: ObjectBox {
    let dependency: Dependency
    init(_ dependency: Dependency) { self.dependency = dependency }

    override var nativeClassName: String { "Dependency" }
    override var nativeMethods: MethodTable { Self.table }
    override var displayText: String { dependency.name }

    private static let table = MethodTable { table in
        table.define("name", "to_s") { call in .text(dependency(call).name) }
        table.define("build?") { call in .bool(dependency(call).isBuild) }
        table.define("test?") { call in .bool(dependency(call).isTest) }
        table.define("optional?") { call in .bool(dependency(call).isOptional) }
        table.define("recommended?") { call in .bool(dependency(call).isRecommended) }
        table.define("required?") { call in .bool(dependency(call).isRequired) }
        table.define("uses_from_macos?") { call in .bool(dependency(call).isUsesFromMacOS) }
        table.define("tags") { call in .list(dependency(call).tags.map { .symbol($0) }) }
        table.define("to_formula") { call in
            .object(try call.interpreter.formulaObject(named: dependency(call).name, call))
        }
        table.define("installed?") { call in
            let object = try call.interpreter.formulaObject(named: dependency(call).name, call)
            return .bool(!object.installedVersions(call).isEmpty)
        }
    }

    private static func dependency(_ call: Call) -> Dependency {
        guard case .object(let object as DependencyObject) = call.receiver else { return Dependency(name: "") }
        return object.dependency
    }
}

/// A requirement as formulae see it.
final class RequirementObject: ObjectBox {
    let requirement: Requirement
    init(_ requirement: Requirement) { self.requirement = requirement }

    override var nativeClassName: String { "Requirement" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("name") { call in
            guard case .object(let object as RequirementObject) = call.receiver else { return .nil }
            return .text(object.requirement.name)
        }
        table.define("required?") { _ in .bool(true) }
    }
}

/// `build`
final class BuildOptionsObject: ObjectBox {
    private unowned let interpreter: Interpreter
    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    override var nativeClassName: String { "BuildOptions" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("with?") { call in .bool(isWith(try optionName(call), call)) }
        table.define("without?") { call in .bool(!isWith(try optionName(call), call)) }
        table.define("head?") { call in .bool(isHead(call)) }
        table.define("stable?") { call in .bool(!isHead(call)) }
        table.define("bottle?") { call in .bool(call.interpreter.context.isBottleBuild) }
        table.define("include?", "any_args_or_options?", "universal?", "cxx11?", "devel?", "used_options?") { _ in
            .bool(false)
        }
        table.define("used_options", "unused_options") { _ in .list([]) }
    }

    private static func optionName(_ call: Call) throws -> String {
        if case .object(let object as DependencyObject) = call[0] { return object.dependency.name }
        return try call.text(0)
    }

    private static func isHead(_ call: Call) -> Bool {
        guard let formula = call.interpreter.formula, let loaded = try? formula.formula(call) else { return false }
        return loaded.stable == nil
    }

    /// No options are given: what is on unless switched off is on.
    private static func isWith(_ name: String, _ call: Call) -> Bool {
        let options: [FormulaOption]
        if let formula = call.interpreter.formula, let loaded = try? formula.formula(call) {
            options = loaded.options
        } else {
            options = call.interpreter.formulaClass?.nearestDraft?.stable.options ?? []
        }
        return options.contains { $0.name == "without-" + name }
    }
}
