import Synchronization
package import VeloFormula
import VeloSystem

/// The formulae of a tap, read, parsed and evaluated on demand; shared by all threads that ask.
package final class TapLibrary: Sendable {
    package let folder: TapFolder
    /// Trees that other formulae asked for.
    private let trees = Mutex<[String: SyntaxTree]>([:])
    /// Formulae whose reading asked others.
    private let asking = Mutex<Set<String>>([])
    /// What was made of formulae that come in versions: each of a family asks whether the others can be read.
    private let readings = Mutex<[ReadingKey: Reading]>([:])

    private struct ReadingKey: Hashable {
        let name: String
        let platform: Platform
    }

    package init(_ folder: TapFolder) { self.folder = folder }

    /// The syntax tree of a formula. Blocking.
    package func tree(of file: TapFolder.File) throws -> SyntaxTree {
        if let known = trees.withLock({ $0[file.name] }) { return known }
        return Parser.parse(try source(of: file), defersBodies: true)
    }

    private func source(of file: TapFolder.File) throws -> SourceText {
        let source = try folder.source(file)
        guard source.bytes.count <= TapFolder.sizeLimit else { throw TapFolderError.tooLarge(path: file.path) }
        return source
    }

    /// A formula as it is in a context, ready to run its methods. Blocking.
    package func load(_ file: TapFolder.File, context: EvaluationContext) throws -> LoadedFormula {
        try FormulaLoader.load(
            name: file.name, tap: folder.name, tree: tree(of: file), context: context,
            formulae: TapLookup(library: self, chain: [file.name]))
    }

    /// A formula and what its `caveats` say.
    package struct Reading: Sendable {
        package let formula: Formula
        package let caveats: String?
    }

    /// Blocking.
    package func read(_ file: TapFolder.File, context: EvaluationContext) throws -> Reading {
        guard folder.names.comesInVersions(file.name) else { return try read(file, tree(of: file), context) }
        let key = ReadingKey(name: file.name, platform: context.platform)
        if let known = readings.withLock({ $0[key] }) { return known }
        let reading = try read(file, tree(of: file), context)
        readings.withLock { $0[key] = reading }
        return reading
    }

    private func read(
        _ file: TapFolder.File, _ tree: SyntaxTree, _ context: EvaluationContext
    ) throws -> Reading {
        let (formula, caveats) = try FormulaLoader.loadWithCaveats(
            name: file.name, tap: folder.name, tree: tree, context: context,
            formulae: TapLookup(library: self, chain: [file.name]))
        return Reading(formula: formula, caveats: caveats)
    }

    /// Reading a formula, so far, has asked others.
    package func asksOthers(_ file: TapFolder.File) -> Bool { asking.withLock { $0.contains(file.name) } }

    fileprivate func note(asking name: String) { _ = asking.withLock { $0.insert(name) } }

    /// Kept, because others ask for it again.
    fileprivate func keptTree(of file: TapFolder.File) throws -> SyntaxTree {
        if let known = trees.withLock({ $0[file.name] }) { return known }
        let tree = Parser.parse(try source(of: file), defersBodies: true)
        trees.withLock { $0[file.name] = tree }
        return tree
    }
}

/// How one formula of a tap sees the others: those it asks for are evaluated, unless they are waiting for it.
private struct TapLookup: FormulaLookup {
    let library: TapLibrary
    /// Who asked for whom, first to last.
    let chain: [String]

    func canonicalName(of name: String) -> String? { library.folder.names.canonicalName(of: bare(name)) }

    func formula(named name: String, context: EvaluationContext) throws -> Formula? {
        if let first = chain.first { library.note(asking: first) }
        guard let file = library.folder.file(of: bare(name)), !chain.contains(file.name) else { return nil }
        let lookup = TapLookup(library: library, chain: chain + [file.name])
        var context = context
        context.toleratesRemovedStanzas = true
        return try FormulaLoader.load(
            name: file.name, tap: library.folder.name, tree: library.keptTree(of: file), context: context,
            formulae: lookup
        ).formula
    }

    func tree(named name: String) throws -> SyntaxTree? {
        try library.folder.file(of: bare(name)).map { try library.keptTree(of: $0) }
    }

    var allNames: [String] { library.folder.names.names }
    func aliases(of name: String) -> [String] { library.folder.names.aliases(of: name) }
    func versionedFormulae(of name: String) -> [String] { library.folder.names.versionedFormulae(of: name) }
    func formerName(of name: String) -> String? { library.folder.names.formerName(of: name) }

    /// `user/tap/name` of this tap as `name`.
    private func bare(_ name: String) -> String {
        let prefix = "\(library.folder.name)/"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }
}

extension TapLibrary {
    /// The files that names stand for, in the order of the names; all without names.
    ///
    /// - Returns: also what is wrong with the others.
    package func files(named wanted: [String]) -> (files: [TapFolder.File], problems: [TapFolderError]) {
        guard !wanted.isEmpty else { return (folder.files, repeatedFiles) }
        var files: [TapFolder.File] = []
        var problems: [TapFolderError] = []
        for name in wanted {
            if let file = folder.file(of: name) {
                files.append(file)
            } else {
                let nearest = NearestNames.to(name, among: folder.files.lazy.map(\.name))
                problems.append(.unknownFormula(name, tap: folder.name.description, nearest: nearest))
            }
        }
        return (files, problems)
    }

    private var repeatedFiles: [TapFolderError] {
        folder.repeated.map {
            .repeated(name: $0.name, path: $0.path, first: folder.file(of: $0.name)?.path ?? "")
        }
    }

    /// `name@…` of the same family that can be evaluated here, newest first. Blocking.
    package func versionedFormulae(of file: TapFolder.File, context: EvaluationContext) -> [String] {
        folder.names.versionedFormulae(of: file.name).filter { name in
            guard let sibling = folder.file(of: name) else { return false }
            return (try? read(sibling, context: context)) != nil
        }
    }
}
