import Synchronization
package import VeloFormula
import VeloSystem

/// The formulae of a tap, read, parsed and evaluated on demand; shared by all threads that ask.
package final class TapLibrary: Sendable {
    package let folder: TapFolder
    private let trees = Mutex<[String: SyntaxTree]>([:])

    package init(_ folder: TapFolder) { self.folder = folder }

    /// The syntax tree of a formula. Blocking.
    package func tree(of file: TapFolder.File) throws -> SyntaxTree {
        if let known = trees.withLock({ $0[file.name] }) { return known }
        return Parser.parse(try source(of: file))
    }

    private func source(of file: TapFolder.File) throws -> SourceText {
        let source = try folder.source(file)
        guard source.bytes.count <= TapFolder.sizeLimit else { throw TapFolderError.tooLarge(path: file.path) }
        return source
    }

    /// A formula as it is in a context. Blocking.
    package func load(_ file: TapFolder.File, context: EvaluationContext) throws -> LoadedFormula {
        try FormulaLoader.load(
            name: file.name, tap: folder.name, tree: tree(of: file), context: context,
            formulae: TapLookup(library: self, chain: [file.name]))
    }

    /// The formula and what its `caveats` say. Blocking.
    ///
    /// - Parameter tree: parsed before: one text for several platforms.
    package func loadWithCaveats(
        _ file: TapFolder.File, tree: SyntaxTree, context: EvaluationContext
    ) throws -> (Formula, caveats: String?) {
        try FormulaLoader.loadWithCaveats(
            name: file.name, tap: folder.name, tree: tree, context: context,
            formulae: TapLookup(library: self, chain: [file.name]))
    }

    /// Kept, because others ask for it again.
    fileprivate func keptTree(of file: TapFolder.File) throws -> SyntaxTree {
        if let known = trees.withLock({ $0[file.name] }) { return known }
        let tree = Parser.parse(try source(of: file))
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
            return (try? load(sibling, context: context)) != nil
        }
    }
}
