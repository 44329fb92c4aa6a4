package import SystemPackage
package import VeloBuild
package import VeloFormula
import VeloGit
import VeloSystem

extension FormulaFolder {
    /// A tap on this disk: the files of a folder as they are, or of a repository without a work tree as its HEAD has
    /// them.
    package static func reading(_ folder: FilePath, name: TapName?) throws -> FormulaFolder {
        let isBare = !FileTree.exists(folder.appending(".git")) && GitRepository.isRepository(folder)
        guard isBare else { return try FormulaFolder(folder, tap: name) }
        let snapshot = try TapSnapshot(.repository(folder))
        var files: [String: TapSnapshot.File] = [:]
        for file in snapshot.formulae {
            guard let last = file.path.split(separator: "/").last else { continue }
            files[String(last.dropLast(3))] = file
        }
        let byName = files
        return FormulaFolder(
            tap: name ?? FormulaFolder.name(of: folder),
            names: TapNames(names: files.keys, aliases: snapshot.aliases), commit: snapshot.commit
        ) { name in
            guard let file = byName[name] else { throw FormulaFolderError.unknown(name, nearest: []) }
            return SourceText(name: file.path, bytes: file.bytes)
        }
    }
}
