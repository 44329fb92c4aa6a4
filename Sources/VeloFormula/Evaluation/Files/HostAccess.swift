/// The interpreter's way to the host: paths made absolute, errors made exceptions.
extension Interpreter {
    func requireHost(_ call: Call) throws -> any FormulaHost {
        guard let host else {
            throw call.refusing(
                "unsupported.effect", "`\(call.name)` would touch files or run commands while the formula is read",
                hint: "put it into `install`, `post_install` or `test`")
        }
        return host
    }

    func requireHost(_ name: String) throws -> any FormulaHost {
        guard let host else {
            throw Unwind.refused(
                Refusal(
                    id: "unsupported.effect",
                    message: "`\(name)` would touch files or run commands while the formula is read",
                    hint: "put it into `install`, `post_install` or `test`", span: site))
        }
        return host
    }

    var home: String { environment["HOME"] ?? "/" }

    func absolute(_ path: String) -> String {
        PathText.isAbsolute(path) ? path : PathText.clean(folder + "/" + path)
    }

    /// What a path is; nothing is there while there is no host.
    func status(_ path: String, followingLinks: Bool = true) -> FileStatus? {
        host?.status(of: absolute(path), followingLinks: followingLinks)
    }

    func exists(_ path: String) -> Bool { status(path) != nil }
    func isFolder(_ path: String) -> Bool { status(path)?.kind == .folder }
    func isFile(_ path: String) -> Bool { status(path)?.kind == .file }
    func isLink(_ path: String) -> Bool { status(path, followingLinks: false)?.kind == .symbolicLink }

    func readText(_ path: String) throws -> String {
        UTF8Text.string(try requireHost("read").read(absolute(path)))
    }

    func writeText(_ text: String, to path: String, appending: Bool = false) throws {
        try requireHost("write").write(Array(text.utf8), to: absolute(path), appending: appending)
    }

    func makeFolders(_ path: String) throws {
        try requireHost("mkdir").makeFolder(absolute(path), withParents: true)
    }

    /// Runs something with another current folder.
    func inside<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        let target = absolute(path)
        guard isFolder(target) else {
            throw HostError(exists(target) ? .notFolder : .notFound, path: path)
        }
        let outer = folder
        folder = target
        defer { folder = outer }
        return try body()
    }

    /// A stream of numbers that is the same in every run.
    func random(below limit: Int) -> Int {
        randomState = randomState &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(randomState >> 33) % limit
    }

    // MARK: Globs

    /// What a pattern of `Dir.glob` matches, sorted; relative patterns stay relative to `base`.
    func glob(_ pattern: String, base: String? = nil, matchesHidden: Bool = false) throws -> [String] {
        guard let host else { return [] }
        let root = base.map { absolute($0) } ?? folder
        var found: [String] = []
        for alternative in GlobPattern.alternatives(of: pattern) {
            var walk = GlobWalk(host: host, matchesHidden: matchesHidden)
            let isAbsolute = PathText.isAbsolute(alternative)
            walk.run(
                alternative.split(separator: "/").map(String.init)[...], at: isAbsolute ? "/" : root,
                shown: isAbsolute ? "/" : "")
            let wantsFolder = alternative.hasSuffix("/")
            found +=
                wantsFolder
                ? walk.found.filter { isFolder(PathText.isAbsolute($0) ? $0 : root + "/" + $0) }.map { $0 + "/" }
                : walk.found
        }
        return found
    }
}

/// Walks folders along a pattern.
private struct GlobWalk {
    let host: any FormulaHost
    let matchesHidden: Bool
    private(set) var found: [String] = []

    init(host: any FormulaHost, matchesHidden: Bool) {
        self.host = host
        self.matchesHidden = matchesHidden
    }

    mutating func run(_ parts: ArraySlice<String>, at folder: String, shown: String) {
        guard let part = parts.first else {
            if !shown.isEmpty { found.append(shown) }
            return
        }
        let rest = parts.dropFirst()
        func shownChild(_ name: String) -> String {
            shown.isEmpty ? name : shown.hasSuffix("/") ? shown + name : shown + "/" + name
        }
        func child(_ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }
        if part == "**" {
            run(rest, at: folder, shown: shown)
            for name in (try? host.names(in: folder)) ?? [] where !name.hasPrefix(".") || matchesHidden {
                if host.status(of: child(name), followingLinks: false)?.kind == .folder {
                    run(parts, at: child(name), shown: shownChild(name))
                }
            }
            return
        }
        guard GlobPattern.isPattern(part) else {
            let name = GlobPattern.unescaped(part)
            let isThere = host.status(of: child(name), followingLinks: !rest.isEmpty) != nil
            if isThere { run(rest, at: child(name), shown: shownChild(name)) }
            return
        }
        for name in (try? host.names(in: folder)) ?? []
        where GlobPattern.matches(name, part, matchesHidden: matchesHidden) {
            let isFolder = rest.isEmpty || host.status(of: child(name), followingLinks: true)?.kind == .folder
            if isFolder { run(rest, at: child(name), shown: shownChild(name)) }
        }
    }
}

/// Shell patterns: `*`, `?`, `[a-z]`, `{a,b}`.
enum GlobPattern {
    static func isPattern(_ text: String) -> Bool { text.utf8.contains { [42, 63, 91].contains($0) } }

    static func unescaped(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var result = ""
        var isEscaped = false
        for character in text {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }

    /// A pattern with braces as patterns without.
    static func alternatives(of pattern: String) -> [String] {
        let characters = Array(pattern)
        guard let open = characters.firstIndex(of: "{") else { return [pattern] }
        var depth = 0
        var commas: [Int] = []
        for index in open..<characters.count {
            switch characters[index] {
            case "{": depth += 1
            case "," where depth == 1: commas.append(index)
            case "}":
                depth -= 1
                guard depth == 0 else { continue }
                let bounds = [open] + commas + [index]
                let (head, tail) = (String(characters[..<open]), String(characters[(index + 1)...]))
                return zip(bounds, bounds.dropFirst()).flatMap { from, to in
                    alternatives(of: head + String(characters[(from + 1)..<to]) + tail)
                }
            default: continue
            }
        }
        return [pattern]
    }

    static func matches(_ name: String, _ pattern: String, matchesHidden: Bool = false) -> Bool {
        if name.hasPrefix("."), !pattern.hasPrefix("."), !matchesHidden { return false }
        return matches(Array(name.unicodeScalars)[...], Array(pattern.unicodeScalars)[...])
    }

    private static func matches(_ name: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case "*":
            var tail = name
            while true {
                if matches(tail, rest) { return true }
                if tail.popFirst() == nil { return false }
            }
        case "?": return !name.isEmpty && matches(name.dropFirst(), rest)
        case "[":
            guard let character = name.first, let end = rest.dropFirst().firstIndex(of: "]") else { return false }
            var set = rest[..<end]
            let isInverted = set.first == "!" || set.first == "^"
            if isInverted { set = set.dropFirst() }
            let members = TranslationSet(String(String.UnicodeScalarView(set))).scalars
            return members.contains(character) != isInverted && matches(name.dropFirst(), rest[(end + 1)...])
        case "\\":
            guard let escaped = rest.first else { return false }
            return name.first == escaped && matches(name.dropFirst(), rest.dropFirst())
        default: return name.first == first && matches(name.dropFirst(), rest)
        }
    }
}
