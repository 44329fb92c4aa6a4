/// Stanzas of `resource do`, and what `url` and its kin mean for any download.
enum ResourceStanzas {
    static let table = MethodTable(including: [PlatformStanzas.table]) { table in
        table.define("url") { call in
            let draft = try draft(call)
            if call.count == 0 { return .optionalText(draft.download?.url) }
            try setURL(call, draft)
            return .nil
        }
        table.define("mirror") { call in try addMirror(call, draft(call)) }
        table.define("sha256") { call in try setDigest(call, draft(call)) }
        table.define("version") { call in try version(call, draft(call)) }
        table.define("patch") { call in
            if let patch = try SpecStanzas.makePatch(call) { try draft(call).patches.append(patch) }
            return .nil
        }
        table.define("livecheck") { _ in .nil }
        table.define("name") { call in .text(try draft(call).name) }
    }

    private static func draft(_ call: Call) throws -> ResourceDraft {
        guard case .object(let draft as ResourceDraft) = call.receiver else {
            throw call.refusing("unsupported.stanza", "`\(call.name)` does not belong here")
        }
        return draft
    }

    /// `url "…", using: :git, tag: "…"`
    static func setURL(_ call: Call, _ draft: ResourceDraft) throws {
        var download = Download(url: try call.text(0), sha256: draft.sha256, mirrors: draft.mirrors)
        if case .hash(let options)? = call.arguments.last, call.count > 1 {
            for (key, value) in options.pairs {
                guard let name = key.characters else { throw call.unsupported("this option") }
                try set(name, value, &download, call)
            }
        }
        draft.download = download
    }

    private static func set(_ name: String, _ value: Value, _ download: inout Download, _ call: Call) throws {
        switch name {
        case "using":
            switch value {
            case .symbol(let symbol): download.strategy = symbol
            case .type(let type):
                download.strategy = type.name
                download.isStrategySymbol = false
            case .nil: break
            default: throw call.unsupported("this `using:`")
            }
        case "tag": download.tag = try call.interpreter.string(of: value)
        case "revision": download.revision = try call.interpreter.string(of: value)
        case "branch": download.branch = try call.interpreter.string(of: value)
        default:
            download.options[name] =
                switch value {
                case .hash(let box):
                    try box.pairs.map {
                        "\(try call.interpreter.string(of: $0.key))=\(try call.interpreter.string(of: $0.value))"
                    }
                default: try call.interpreter.list(from: value).map { try call.interpreter.string(of: $0) }
                }
        }
    }

    static func addMirror(_ call: Call, _ draft: ResourceDraft) throws -> Value {
        let url = try call.text(0)
        draft.mirrors.append(url)
        draft.download?.mirrors.append(url)
        return .nil
    }

    static func setDigest(_ call: Call, _ draft: ResourceDraft) throws -> Value {
        if call.count == 0 { return .optionalText(draft.sha256) }
        var digest = try call.text(0)
        if !isDigest(digest) {
            digest = digest.lowercased()
            guard isDigest(digest) else {
                throw call.refusing(
                    "formula.sha256", "`sha256` needs 64 hexadecimal digits, but has `\(digest)`")
            }
        }
        draft.sha256 = digest
        draft.download?.sha256 = digest
        return .nil
    }

    private static func isDigest(_ text: String) -> Bool {
        let bytes = text.utf8.span
        guard bytes.count == 64 else { return false }
        for index in bytes.indices where !(bytes[index] &- 48 < 10 || bytes[index] &- 97 < 6) { return false }
        return true
    }

    static func version(_ call: Call, _ draft: ResourceDraft) throws -> Value {
        if call.count > 0 {
            switch call[0] {
            case .nil: break
            case .object(let object as VersionObject): draft.version = object.version
            default:
                let text = try call.text(0)
                // `version "HEAD"` and the like stay what they say.
                draft.version = PackageVersion(text)
            }
        }
        guard let version = draft.resolvedVersion(call.interpreter.context.era) else { return .nil }
        return .object(VersionObject(version))
    }
}

/// Stanzas of `patch do`.
enum PatchStanzas {
    static let table = MethodTable(including: [PlatformStanzas.table]) { table in
        table.define("url") { call in
            let draft = try draft(call)
            if call.count == 0 { return .optionalText(draft.source.download?.url) }
            try ResourceStanzas.setURL(call, draft.source)
            return .nil
        }
        table.define("mirror") { call in try ResourceStanzas.addMirror(call, draft(call).source) }
        table.define("sha256") { call in try ResourceStanzas.setDigest(call, draft(call).source) }
        table.define("apply") { call in
            try draft(call).apply += call.texts()
            return .nil
        }
        table.define("directory") { call in
            try draft(call).folder = call.text(0)
            return .nil
        }
        table.define("version", "type", "resolves") { _ in .nil }
    }

    private static func draft(_ call: Call) throws -> PatchDraft {
        guard case .object(let draft as PatchDraft) = call.receiver else {
            throw call.refusing("unsupported.stanza", "`\(call.name)` does not belong here")
        }
        return draft
    }
}

/// Stanzas of `bottle do`.
enum BottleStanzas {
    static let table = MethodTable { table in
        table.define("rebuild", "revision") { call in
            let draft = try draft(call)
            if call.count > 0 { draft.spec.rebuild = try call.integer(0) }
            return .int(draft.spec.rebuild)
        }
        table.define("root_url") { call in
            let draft = try draft(call)
            if call.count > 0 { draft.spec.rootURL = try call.text(0) }
            return .text(draft.spec.rootURL ?? BottleSpec.defaultRootURL)
        }
        table.define("cellar") { call in
            try draft(call).cellar = cellar(call[0], call)
            return .nil
        }
        table.define("prefix") { _ in .nil }
        table.define("sha256") { call in
            guard case .hash(let box) = call[0] else { throw call.unsupported("this argument") }
            try add(box, draft(call), call)
            return .nil
        }
    }

    private static func draft(_ call: Call) throws -> BottleDraft {
        guard case .object(let draft as BottleDraft) = call.receiver else {
            throw call.refusing("unsupported.stanza", "`\(call.name)` does not belong here")
        }
        return draft
    }

    private static func cellar(_ value: Value, _ call: Call) throws -> BottleSpec.Cellar {
        switch value {
        case .symbol("any"): return .any
        case .symbol("any_skip_relocation"): return .anySkipRelocation
        default:
            guard let path = value.characters else { throw call.unsupported("this cellar") }
            return .path(path)
        }
    }

    /// `cellar: :any, tag: "digest"`, or the old `"digest" => :tag`
    private static func add(_ hash: HashBox, _ draft: BottleDraft, _ call: Call) throws {
        var ownCellar: BottleSpec.Cellar?
        for (key, value) in hash.pairs {
            if case .symbol("cellar") = key {
                ownCellar = try cellar(value, call)
                continue
            }
            let isOldForm = if case .symbol = value { true } else { false }
            guard let name = (isOldForm ? value : key).characters, let digest = (isOldForm ? key : value).characters
            else {
                throw call.unsupported("this argument")
            }
            guard let tag = PlatformTag(name) else { throw call.unsupported("the platform `\(name)`") }
            let file = BottleSpec.File(
                tag: tag, cellar: ownCellar ?? draft.cellar ?? .path(tag.defaultCellar), sha256: digest)
            draft.spec.add(file)
        }
    }
}

extension BottleSpec {
    /// Nil if the lines name a cellar or a platform that is not known: the block is then to be run, which tells where.
    init?(_ lines: BottleLines) {
        rebuild = lines.rebuild ?? 0
        rootURL = lines.rootURL
        files.reserveCapacity(lines.files.count)
        for line in lines.files {
            guard let tag = PlatformTag(line.tag) else { return nil }
            let cellar: Cellar
            switch line.cellar {
            case nil: cellar = .path(tag.defaultCellar)
            case .path(let path): cellar = .path(path)
            case .symbol("any"): cellar = .any
            case .symbol("any_skip_relocation"): cellar = .anySkipRelocation
            case .symbol: return nil
            }
            add(File(tag: tag, cellar: cellar, sha256: line.sha256))
        }
    }

    /// A later line about a platform takes the place of an earlier one.
    fileprivate mutating func add(_ file: File) {
        if let known = files.firstIndex(where: { $0.tag == file.tag }) { files.remove(at: known) }
        files.append(file)
    }
}
