import FoundationEssentials
package import SystemPackage
package import VeloFormula
import VeloSystem

/// A tap on this disk: its formulae by name, each read when it is asked for.
package struct FormulaFolder: Sendable {
    package let tap: TapName
    package let names: TapNames
    /// Of the repository, where that is known.
    package let commit: String?
    private let content: @Sendable (String) throws -> SourceText

    /// - Parameter content: a formula's file; asked only for names of `names`, from any thread.
    package init(
        tap: TapName, names: TapNames, commit: String?, content: @escaping @Sendable (String) throws -> SourceText
    ) {
        self.tap = tap
        self.names = names
        self.commit = commit
        self.content = content
    }

    /// The files of a folder as they are: `Formula`, `HomebrewFormula`, or the folder itself.
    package init(_ folder: FilePath, tap: TapName? = nil) throws {
        var files: [String: String] = [:]
        for name in ["Formula", "HomebrewFormula", ""] {
            let root = name.isEmpty ? folder : folder.appending(name)
            guard try FileTree.status(root, followLinks: true)?.kind == .folder else { continue }
            try FileTree.walk(root) { relative, path, status in
                if status.kind == .file, relative.hasSuffix(".rb"), let file = path.lastComponent?.string {
                    files[String(file.dropLast(3))] = name.isEmpty ? relative : "\(name)/\(relative)"
                }
                return !name.isEmpty
            }
            if !files.isEmpty { break }
        }
        guard !files.isEmpty else { throw FormulaFolderError.noFormulae(folder) }
        let paths = files
        self.init(
            tap: tap ?? Self.name(of: folder),
            names: TapNames(
                names: files.keys, aliases: try Self.aliases(in: folder), renames: try Self.renames(in: folder)),
            commit: nil
        ) { name in
            let path = paths[name] ?? "\(name).rb"
            return SourceText(name: path, bytes: try FileTree.read(folder.pushing(FilePath(path))))
        }
    }

    package func source(_ name: String) throws -> SourceText { try content(name) }

    /// Homebrew keeps taps as `Taps/USER/homebrew-REPOSITORY`; any other folder stands for `homebrew/core`.
    package static func name(of folder: FilePath) -> TapName {
        let parts = folder.lexicallyNormalized().components.map(\.string)
        guard parts.count >= 3, parts[parts.count - 3] == "Taps", parts[parts.count - 1].hasPrefix("homebrew-"),
            let name = TapName("\(parts[parts.count - 2])/\(parts[parts.count - 1])")
        else { return .core }
        return name
    }

    private static func aliases(in folder: FilePath) throws -> [String: String] {
        let place = folder.appending("Aliases")
        guard try FileTree.status(place)?.kind == .folder else { return [:] }
        var aliases: [String: String] = [:]
        for alias in try FileTree.names(in: place) {
            guard let target = try? FileTree.readLink(place.appending(alias)),
                let file = target.split(separator: "/").last, file.hasSuffix(".rb")
            else { continue }
            aliases[alias] = String(file.dropLast(3))
        }
        return aliases
    }

    private static func renames(in folder: FilePath) throws -> [String: String] {
        let file = folder.appending("formula_renames.json")
        guard FileTree.exists(file) else { return [:] }
        return (try? JSONDecoder().decode([String: String].self, from: Data(try FileTree.read(file)))) ?? [:]
    }
}

/// Why a folder is no tap.
package enum FormulaFolderError: Problem {
    case noFormulae(FilePath)
    case unknown(String, nearest: [String])

    package var summary: String {
        switch self {
        case .noFormulae(let folder): "there are no formulae in `\(folder)`"
        case .unknown(let name, _): "the tap has no formula `\(name)`"
        }
    }

    package var hints: [String] {
        switch self {
        case .noFormulae: ["a tap has its formulae as `NAME.rb` in a folder `Formula`"]
        case .unknown(_, let nearest): nearest.isEmpty ? [] : ["similar names: " + nearest.joined(separator: ", ")]
        }
    }
}
