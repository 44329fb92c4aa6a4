/// Stanzas about source and dependencies: at class level they mean both sources, in `stable do` and `head do` one.
enum SpecStanzas {
    static let table = MethodTable(including: [PlatformStanzas.table]) { table in
        defineSource(&table)
        defineNeeds(&table)
        table.define("resource", "go_resource") { call in try resource(call) }
        table.define("patch") { call in try patch(call, into: specs(call)) }
        table.define("option") { call in
            let name = try call.text(0)
            let option = FormulaOption(name: name, description: try call.optionalText(1) ?? "")
            for spec in try specs(call) { spec.options.append(option) }
            return .nil
        }
        table.define("deprecated_option", "needs", "cxxstdlib_check") { _ in .nil }
        table.define("ignore_missing_libraries") { call in
            try RemovedStanzas.tolerate(call)
            return .nil
        }
        table.define("fails_with") { call in try failsWith(call) }
        table.define("bottle") { call in
            guard let block = call.block else {
                // `bottle :unneeded` and `bottle :disable` of old taps
                return .nil
            }
            let draft = BottleDraft()
            if case .code(let code, _) = block.body, let lines = code.bottle, let spec = BottleSpec(lines) {
                draft.spec = spec
            } else {
                _ = try call.interpreter.call(block, [], selfValue: .object(draft))
            }
            try formula(call).bottle = draft.spec
            return .nil
        }
        table.define("livecheck") { call in
            try formula(call).hasLivecheck = true
            return .nil
        }
    }

    /// The sources that a stanza is about.
    static func specs(_ call: Call) throws -> [SpecDraft] {
        switch call.receiver {
        case .object(let spec as SpecDraft): return [spec]
        case .type(let type):
            if let draft = type.nearestDraft { return [draft.stable, draft.head] }
        default: break
        }
        throw call.refusing("unsupported.stanza", "`\(call.name)` does not belong here")
    }

    static func formula(_ call: Call) throws -> FormulaDraft {
        if case .type(let type) = call.receiver, let draft = type.nearestDraft { return draft }
        if let draft = call.interpreter.formulaClass?.nearestDraft { return draft }
        throw call.refusing("unsupported.stanza", "`\(call.name)` does not belong here")
    }

    /// The source that `url`, `version` and `sha256` are about.
    private static func source(_ call: Call) throws -> ResourceDraft { try specs(call)[0].source }

    // MARK: Source

    private static func defineSource(_ table: inout MethodTable) {
        table.define("url") { call in
            let source = try source(call)
            if call.count == 0 { return .optionalText(source.download?.url) }
            try ResourceStanzas.setURL(call, source)
            try specs(call)[0].add(tool: source.download?.requiredTool, call.interpreter.context.era)
            return .nil
        }
        table.define("mirror") { call in try ResourceStanzas.addMirror(call, source(call)) }
        table.define("sha256") { call in try ResourceStanzas.setDigest(call, source(call)) }
        table.define("version") { call in try ResourceStanzas.version(call, source(call)) }
        table.define("mirrors") { call in .texts(try source(call).download?.mirrors ?? []) }
        table.define("specs") { call in
            guard let download = try source(call).download else { return .hash(HashBox()) }
            let pairs = [("tag", download.tag), ("revision", download.revision), ("branch", download.branch)]
            return .hash(HashBox(symbols: pairs.compactMap { name, text in text.map { (name, .text($0)) } }))
        }
    }

    // MARK: Dependencies

    private static func defineNeeds(_ table: inout MethodTable) {
        table.define("depends_on") { call in
            for spec in try specs(call) { try dependsOn(call[0], spec, call) }
            return .nil
        }
        table.define("uses_from_macos") { call in
            for spec in try specs(call) { try usesFromMacOS(call, spec) }
            return .nil
        }
        table.define("deps") { call in
            .list(try specs(call)[0].dependencies.map { .object(DependencyObject($0)) })
        }
        table.define("requirements") { call in
            .list(try specs(call)[0].requirements.map { .object(RequirementObject($0)) })
        }
    }

    private static func dependsOn(_ argument: Value, _ spec: SpecDraft, _ call: Call) throws {
        var subject = argument
        var tags: [Value] = []
        if case .hash(let box) = argument, let first = box.pairs.first {
            subject = first.key
            tags = try call.interpreter.list(from: first.value, spreadsHash: false)
        }
        switch subject {
        case .string(let name):
            spec.add(Dependency(name: name.text, tags: try names(of: tags, call)))
        case .symbol(let name):
            let requirement = try RequirementRules.requirement(name, tags, call)
            if !spec.requirements.contains(requirement) { spec.requirements.append(requirement) }
        case .type(let type):
            guard type.hasAncestor(named: "Requirement") else { throw call.unsupported("this class") }
            spec.requirements.append(try RequirementRules.requirement(ofClass: type, tags, call))
        case .nil: return
        default: throw call.unsupported("this argument")
        }
    }

    /// `:build` and `"with-x"` as text.
    static func names(of tags: [Value], _ call: Call) throws -> [String] {
        try tags.map { tag in
            guard let text = tag.characters else { throw call.unsupported("this tag") }
            return text
        }
    }

    private static func usesFromMacOS(_ call: Call, _ spec: SpecDraft) throws {
        var name = ""
        var tags: [Value] = []
        var since: String?
        switch call[0] {
        case .string(let box):
            name = box.text
            since = try call.keywordText("since")
        case .hash(let box):
            guard let first = box.pairs.first, let text = first.key.characters else {
                throw call.unsupported("this argument")
            }
            name = text
            tags = try call.interpreter.list(from: first.value, spreadsHash: false)
            since = try box[symbol: "since"]?.characters ?? call.keywordText("since")
        default: throw call.unsupported("this argument")
        }
        let provided = MacOSProvided(name: name, tags: try names(of: tags, call), since: since)
        spec.usesFromMacOS.append(provided)
        if isProvided(since: since, call.interpreter.context.platform) { return }
        spec.add(Dependency(name: name, tags: provided.tags, isUsesFromMacOS: true))
    }

    private static func isProvided(since: String?, _ platform: Platform) -> Bool {
        guard let release = platform.macOSRelease else { return false }
        guard let since, let first = MacOSRelease(symbol: since) else { return true }
        return release >= first
    }

    // MARK: Resources, patches, compilers

    private static func resource(_ call: Call) throws -> Value {
        let name = try call.text(0)
        let targets = try specs(call)
        guard let block = call.block else {
            guard let known = targets[0].resources.first(where: { $0.name == name }) else {
                throw call.raising("ResourceMissingError", "formula does not define resource \"\(name)\"")
            }
            return .object(known)
        }
        // At class level a source that has the resource keeps its own; inside a source it must be new.
        let open = targets.filter { !$0.resources.contains { $0.name == name } }
        guard !open.isEmpty else {
            if targets.count > 1 { return .nil }
            throw call.raising("DuplicateResourceError", "Resource <\(name)> is defined more than once")
        }
        let resource = ResourceDraft(name: name)
        _ = try call.interpreter.call(block, [], selfValue: .object(resource))
        guard let tool = resource.download.map(\.requiredTool) else { return .nil }
        for spec in open {
            spec.resources.append(resource)
            spec.add(tool: tool, call.interpreter.context.era)
        }
        return .nil
    }

    /// `patch :p0, :DATA`, `patch "text"`, `patch do … end`
    static func makePatch(_ call: Call) throws -> PatchDraft? {
        var strip = 1
        var content: Value?
        for argument in call.arguments {
            if case .symbol(let name) = argument, name.hasPrefix("p"), let number = Int(name.dropFirst()) {
                strip = number
            } else {
                content = argument
            }
        }
        switch content {
        case .symbol("DATA"):
            guard let data = call.interpreter.tree.data else {
                throw call.refusing("formula.no-data", "`patch :DATA` needs a patch after `__END__`")
            }
            return PatchDraft(strip: strip, text: data)
        case .string(let box): return PatchDraft(strip: strip, text: box.text)
        case nil: break
        default: throw call.unsupported("this argument")
        }
        guard let block = call.block else { throw call.wrongCount() }
        let patch = PatchDraft(strip: strip)
        _ = try call.interpreter.call(block, [], selfValue: .object(patch))
        return patch.source.download == nil ? nil : patch
    }

    private static func patch(_ call: Call, into specs: [SpecDraft]) throws -> Value {
        guard let patch = try makePatch(call) else { return .nil }
        let tool = patch.source.download?.requiredTool
        for spec in specs {
            spec.patches.append(patch)
            spec.add(tool: tool, call.interpreter.context.era)
        }
        return .nil
    }

    private static func failsWith(_ call: Call) throws -> Value {
        let facts = CompilerFailureDraft()
        if let block = call.block { _ = try call.interpreter.call(block, [], selfValue: .object(facts)) }
        var failure = CompilerFailure(compiler: "", version: facts.version, cause: facts.cause)
        switch call[0] {
        case .symbol(let name): failure.compiler = name
        case .hash(let box):
            guard let pair = box.pairs.first, let name = pair.key.characters else {
                throw call.unsupported("this argument")
            }
            failure.compiler = name
            failure.version = try call.interpreter.string(of: pair.value)
            failure.isExact = true
        default: throw call.unsupported("this argument")
        }
        try formula(call).compilerFailures.append(failure)
        return .nil
    }
}

/// `self` in `fails_with do`.
final class CompilerFailureDraft: ObjectBox {
    var version: String?
    var cause: String?

    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("build", "version") { call in
            guard case .object(let draft as CompilerFailureDraft) = call.receiver else { return .nil }
            draft.version = try call.interpreter.string(of: call[0])
            return .nil
        }
        table.define("cause") { call in
            guard case .object(let draft as CompilerFailureDraft) = call.receiver else { return .nil }
            draft.cause = try call.text(0)
            return .nil
        }
    }
}
