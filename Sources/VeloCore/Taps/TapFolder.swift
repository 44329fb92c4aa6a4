package import SystemPackage
package import VeloFormula
import VeloSystem

/// A tap as files: which formulae it has and where, and by which other names they are known.
///
/// Formulae lie in `Formula/`, sharded into folders or not, else in `HomebrewFormula/`, else at the top. The texts are
/// not read here.
package struct TapFolder: Sendable {
    package struct File: Sendable {
        /// The formula's: the file's without `.rb`.
        package let name: String
        /// Where the file lies inside the tap; empty for the top.
        fileprivate let folder: String

        /// Inside the tap.
        package var path: String { folder.isEmpty ? name + ".rb" : "\(folder)/\(name).rb" }
    }

    package let root: FilePath
    package let name: TapName
    /// In the order of `names`, each name once.
    package let files: [File]
    /// Files of a name that another file has already.
    package let repeated: [File]
    package let names: TapNames
    /// The folders and lists that a change of the tap's names shows in, by their path in it; the top is the empty one.
    package let watched: [String]
    /// `root`, for thousands of files to be read in it.
    private let opened: OpenFolder

    /// A formula of more bytes is not one that a person wrote.
    package static let sizeLimit = 4 << 20

    /// Where formulae are, most telling first; the last means the top of the tap.
    private static let folders = ["Formula", "HomebrewFormula", ""]

    /// Lists a tap. Blocking.
    ///
    /// - Parameter name: what the tap is called; nil goes by the place (`…/Taps/USER/homebrew-REPO`) and is
    ///   `homebrew/core` for any other.
    /// - Throws: `TapFolderError`, `SystemError`.
    package init(_ root: FilePath, name: TapName? = nil) throws {
        self.root = root
        self.name = name ?? Self.name(byPlace: root)
        guard try FileTree.status(root, followLinks: true)?.kind == .folder else {
            throw TapFolderError.notThere(root.string)
        }
        opened = try OpenFolder(root)
        var found: [File] = []
        var watched = ["", "Aliases", "formula_renames.json"]
        for folder in Self.folders {
            let start = folder.isEmpty ? root : root.appending(folder)
            guard try FileTree.status(start, followLinks: true)?.kind == .folder else { continue }
            try Self.list(start, folder, descends: !folder.isEmpty, &found, &watched)
            if !folder.isEmpty || !found.isEmpty { break }
        }
        guard !found.isEmpty else { throw TapFolderError.noFormulae(root.string) }
        self.watched = watched
        found = Self.sorted(found)
        var files: [File] = []
        files.reserveCapacity(found.count)
        var repeated: [File] = []
        for file in found {
            guard let last = files.last, last.name == file.name else {
                files.append(file)
                continue
            }
            // Which of two counts does not depend on the file system.
            let isFirst = file.path < last.path
            repeated.append(isFirst ? last : file)
            if isFirst { files[files.count - 1] = file }
        }
        self.files = files
        self.repeated = repeated
        names = TapNames(
            sorted: files.map(\.name), aliases: try Self.aliases(root), renames: try Self.renames(root))
    }

    /// The file of a formula, whatever name it is asked for by.
    package func file(of name: String) -> File? {
        names.canonicalName(of: name).flatMap { names.position(of: $0) }.map { files[$0] }
    }

    /// A formula's text. Blocking.
    package func source(_ file: File) throws -> SourceText {
        let path = file.path
        do throws(SystemError) {
            return SourceText(name: path, bytes: try opened.read(path, limit: Self.sizeLimit + 1))
        } catch {
            throw SystemError(error.call, root.appending(path), errno: error.errno)
        }
    }

    private static func list(
        _ folder: FilePath, _ relative: String, descends: Bool, _ found: inout [File], _ watched: inout [String]
    ) throws {
        if !relative.isEmpty { watched.append(relative) }
        for entry in try FileTree.entries(in: folder) {
            if entry.kind != .folder, let name = Self.formulaName(entry.name) {
                found.append(File(name: name, folder: relative))
            } else if entry.kind == .folder, descends {
                let path = relative.isEmpty ? entry.name : "\(relative)/\(entry.name)"
                try list(folder.appending(entry.name), path, descends: true, &found, &watched)
            }
        }
    }

    /// The name without `.rb`; nil for one that does not end with it.
    private static func formulaName(_ name: String) -> String? {
        let bytes = name.utf8.span
        let end = bytes.count - 3
        guard end >= 0, bytes[end] == UInt8(ascii: "."), bytes[end + 1] == UInt8(ascii: "r"),
            bytes[end + 2] == UInt8(ascii: "b")
        else { return nil }
        return String(name[..<name.utf8.index(name.startIndex, offsetBy: end)])
    }

    /// By name. What is moved about while sorting is small and needs no counting of references.
    private static func sorted(_ files: [File]) -> [File] {
        struct Key {
            var start: UInt64
            var index: Int
        }
        var keys = files.indices.map { index in
            let bytes = files[index].name.utf8.span
            var start: UInt64 = 0
            for place in 0..<min(bytes.count, 8) { start |= UInt64(bytes[place]) << UInt64(56 - place * 8) }
            return Key(start: start, index: index)
        }
        keys.sort { left, right in
            left.start != right.start
                ? left.start < right.start : TapNames.isBefore(files[left.index].name, files[right.index].name)
        }
        return keys.map { files[$0.index] }
    }

    private static func aliases(_ root: FilePath) throws -> [String: String] {
        let folder = root.appending("Aliases")
        guard try FileTree.status(folder)?.kind == .folder else { return [:] }
        var aliases: [String: String] = [:]
        for entry in try FileTree.entries(in: folder) where entry.kind == .link {
            guard let target = try? FileTree.readLink(folder.appending(entry.name)),
                let file = target.utf8.split(separator: UInt8(ascii: "/")).last.flatMap({ String($0) })
            else { continue }
            aliases[entry.name] = formulaName(file)
        }
        return aliases
    }

    private static func renames(_ root: FilePath) throws -> [String: String] {
        let path = root.appending("formula_renames.json")
        guard FileTree.exists(path) else { return [:] }
        do {
            return try WireCoding.decode([String: String].self, from: try FileTree.read(path))
        } catch {
            throw TapFolderError.renames(path.string)
        }
    }

    private static func name(byPlace root: FilePath) -> TapName {
        let parts = root.components.suffix(3).map(\.string)
        guard parts.count == 3, parts[0] == "Taps" else { return .core }
        return TapName(user: parts[1], repository: parts[2])
    }
}

/// Why a folder is no tap.
package enum TapFolderError: Problem {
    case notThere(String)
    case noFormulae(String)
    case renames(String)
    case unknownFormula(String, tap: String, nearest: [String])
    case repeated(name: String, path: String, first: String)
    case tooLarge(path: String)

    package var summary: String {
        switch self {
        case .notThere(let path): "there is no folder `\(path)`"
        case .noFormulae(let path): "`\(path)` has no formulae"
        case .renames(let path): "`\(path)` is not a JSON object of names"
        case .unknownFormula(let name, let tap, _): "no formula of `\(tap)` is called `\(name)`"
        case .repeated(let name, let path, let first): "`\(path)`: the formula `\(name)` is also in `\(first)`"
        case .tooLarge(let path): "`\(path)` is larger than \(TapFolder.sizeLimit >> 20) MB, which no formula is"
        }
    }

    package var hints: [String] {
        switch self {
        case .notThere: ["check the path; a tap is a folder or a git repository"]
        case .noFormulae: ["a tap has its `.rb` files in `Formula`, in `HomebrewFormula`, or at its top"]
        case .renames: ["it should look like {\"old-name\": \"new-name\"}"]
        case .unknownFormula(_, _, let nearest):
            nearest.isEmpty ? [] : ["did you mean \(nearest.map { "`\($0)`" }.joined(separator: " or "))?"]
        case .repeated: ["remove one of the two files, or rename it"]
        case .tooLarge: []
        }
    }
}
