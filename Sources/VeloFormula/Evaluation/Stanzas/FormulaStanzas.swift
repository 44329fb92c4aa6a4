/// The stanzas of a formula's class body.
enum FormulaStanzas {
    static let table = MethodTable(including: [SpecStanzas.table]) { table in
        defineFacts(&table)
        defineBlocks(&table)
        definePolicy(&table)
        table.define("names") { call in .texts(call.interpreter.lookup.allNames.sorted()) }
        table.define("[]") { call in .object(try call.interpreter.formulaObject(named: call.text(0), call)) }
    }

    private static func draft(_ call: Call) throws -> FormulaDraft { try SpecStanzas.formula(call) }

    private static func defineFacts(_ table: inout MethodTable) {
        table.define("desc") { call in
            if call.count > 0 { try draft(call).desc = call.text(0) }
            return .optionalText(try draft(call).desc)
        }
        table.define("homepage") { call in
            if call.count > 0 { try draft(call).homepage = call.text(0) }
            return .optionalText(try draft(call).homepage)
        }
        table.define("license") { call in
            if call.count > 0 { try draft(call).license = license(call[0], call) }
            return .nil
        }
        table.define("revision") { call in
            if call.count > 0 { try draft(call).revision = call.integer(0) }
            return .int(try draft(call).revision)
        }
        table.define("version_scheme") { call in
            if call.count > 0 { try draft(call).versionScheme = call.integer(0) }
            return .int(try draft(call).versionScheme)
        }
        table.define(
            "compatibility_version", "pypi_packages", "no_autobump!", "allow_network_access!",
            "deny_network_access!", "preserve_rpath", "post_install_steps"
        ) { _ in .nil }
        table.define("name") { call in .text(call.interpreter.tree.formulaName) }
        table.define("build") { call in .object(BuildOptionsObject(call.interpreter)) }
        table.define("plist_options") { call in
            try RemovedStanzas.tolerate(call)
            return .nil
        }
    }

    /// `"MIT"`, `:public_domain`, `any_of: […]`, `"X" => { with: "Y" }`
    private static func license(_ value: Value, _ call: Call) throws -> LicenseExpression? {
        switch value {
        case .nil: return nil
        case .string(let box): return .identifier(box.text)
        case .symbol(let name): return .symbol(name)
        case .array(let box):
            let parts = try box.elements.compactMap { try license($0, call) }
            return parts.count == 1 ? parts[0] : .anyOf(parts)
        case .hash(let box):
            let parts = try box.pairs.map { try license($0.key, $0.value, call) }
            return parts.count == 1 ? parts[0] : .allOf(parts)
        default: throw call.unsupported("this license")
        }
    }

    private static func license(_ key: Value, _ value: Value, _ call: Call) throws -> LicenseExpression {
        switch key {
        case .symbol("any_of"): return .anyOf(try licenses(value, call))
        case .symbol("all_of"): return .allOf(try licenses(value, call))
        // An unknown group joins with "and", as Homebrew does.
        case .symbol: return .allOf(try licenses(value, call))
        case .string(let name):
            guard case .hash(let box) = value, let exception = box[symbol: "with"]?.characters else {
                throw call.unsupported("this license")
            }
            return .exception(.identifier(name.text), with: exception)
        default: throw call.unsupported("this license")
        }
    }

    private static func licenses(_ value: Value, _ call: Call) throws -> [LicenseExpression] {
        try call.interpreter.list(from: value, spreadsHash: false).flatMap { element -> [LicenseExpression] in
            // Several exceptions in one hash are several licenses.
            if case .hash(let box) = element { return try box.pairs.map { try license($0.key, $0.value, call) } }
            return try license(element, call).map { [$0] } ?? []
        }
    }

    // MARK: Blocks

    private static func defineBlocks(_ table: inout MethodTable) {
        table.define("stable") { call in
            let spec = try draft(call).stable
            guard let block = call.block else { return spec.source.download == nil ? .nil : .object(spec) }
            _ = try call.interpreter.call(block, [], selfValue: .object(spec))
            return .nil
        }
        table.define("head") { call in
            let spec = try draft(call).head
            if let block = call.block {
                _ = try call.interpreter.call(block, [], selfValue: .object(spec))
            } else if call.count > 0 {
                try ResourceStanzas.setURL(call, spec.source)
                spec.add(tool: spec.source.download?.requiredTool, call.interpreter.context.era)
            } else {
                return spec.source.download == nil ? .nil : .object(spec)
            }
            return .nil
        }
        table.define("test") { call in
            if case .type(let type) = call.receiver, let block = call.block { type.methods["test"] = .proc(block) }
            return .nil
        }
        table.define("service") { call in
            try draft(call).service = call.block
            return .nil
        }
    }

    // MARK: Policy

    private static func definePolicy(_ table: inout MethodTable) {
        table.define("keg_only") { call in
            try draft(call).kegOnly = kegOnly(call)
            return .nil
        }
        table.define("conflicts_with") { call in
            let reason = try call.keywordText("because")
            try draft(call).conflicts += call.positional.map { value in
                Conflict(name: try call.interpreter.string(of: value), reason: reason)
            }
            return .nil
        }
        table.define("link_overwrite") { call in
            try draft(call).linkOverwrite += call.texts()
            return .nil
        }
        table.define("skip_clean") { call in
            let draft = try draft(call)
            for value in try call.interpreter.flattened(call.arguments) {
                switch value {
                case .symbol("la"): draft.skipClean.keepsLibtoolArchives = true
                case .symbol("all"): draft.skipClean.paths.append(".")
                default: draft.skipClean.paths.append(try call.interpreter.string(of: value))
                }
            }
            return .nil
        }
        table.define("deprecate!") { call in
            let (date, reason, isInForce) = try retirement(call)
            let draft = try draft(call)
            draft.deprecation = Retirement(
                date: date, reason: reason?.characters, isReasonSymbol: reason.isSymbol, isInForce: isInForce,
                replacement: try call.keywordText("replacement_formula") ?? call.keywordText("replacement"))
            if isInForce { draft.deprecationReason = reason?.characters }
            return .nil
        }
        table.define("disable!") { call in
            let (date, reason, isInForce) = try retirement(call)
            let draft = try draft(call)
            draft.disabling = Retirement(
                date: date, reason: reason?.characters, isReasonSymbol: reason.isSymbol, isInForce: isInForce,
                replacement: try call.keywordText("replacement_formula") ?? call.keywordText("replacement"))
            if !isInForce { draft.deprecationReason = reason?.characters }
            return .nil
        }
        table.define("env") { call in
            try draft(call).usesStandardEnvironment = call[0].characters == "std"
            return .nil
        }
        table.define("pour_bottle?") { call in
            try draft(call).pourCondition = pourCondition(call)
            return .nil
        }
    }

    private static func kegOnly(_ call: Call) throws -> KegOnlyReason {
        let explanation = try call.optionalText(1) ?? ""
        guard case .symbol(let symbol) = call[0] else {
            return KegOnlyReason(symbol: nil, text: try call.text(0), explanation: explanation, applies: true)
        }
        let isMacOSOnly = ["provided_by_macos", "shadowed_by_macos"].contains(symbol)
        return KegOnlyReason(
            symbol: symbol, text: "", explanation: explanation, applies: !isMacOSOnly || call.platform.isMacOS)
    }

    private static func retirement(_ call: Call) throws -> (CalendarDate?, Value?, Bool) {
        let text = try call.keywordText("date")
        var date: CalendarDate?
        if let text {
            guard let day = CalendarDate(text) else { throw call.unsupported("the date `\(text)`") }
            date = day
        }
        return (date, call.keyword("because"), date.map { $0 <= call.interpreter.context.date } ?? true)
    }

    private static func pourCondition(_ call: Call) throws -> PourCondition? {
        switch call.keyword("only_if") {
        case .symbol("default_prefix"): return .defaultPrefix
        case .symbol("clt_installed"): return .commandLineTools
        case .some: throw call.unsupported("this `only_if:`")
        case nil:
            guard let block = call.block else { return nil }
            let draft = PourConditionDraft()
            _ = try call.interpreter.call(block, [], selfValue: .object(draft))
            return .block(reason: draft.reason)
        }
    }
}

/// Stanzas that the language no longer has.
enum RemovedStanzas {
    /// They pass in formulae that are on their way out themselves, as in Homebrew, which looks for the words.
    static func tolerate(_ call: Call) throws {
        if call.interpreter.context.toleratesRemovedStanzas { return }
        let text = call.interpreter.tree.source.bytes
        for word in [" deprecate! ", " disable! "] where UTF8Text.find(Array(word.utf8), in: text, from: 0) != nil {
            return
        }
        throw call.refusing("removed.stanza", "`\(call.name)` is no longer part of the formula language")
    }
}

extension Value? {
    fileprivate var isSymbol: Bool {
        if case .symbol? = self { return true }
        return false
    }
}

/// `self` in `pour_bottle? do`.
final class PourConditionDraft: ObjectBox {
    var reason: String?

    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable(including: [PlatformStanzas.table]) { table in
        table.define("reason") { call in
            if case .object(let draft as PourConditionDraft) = call.receiver { draft.reason = try call.text(0) }
            return .nil
        }
        table.define("satisfy") { _ in .nil }
    }
}
