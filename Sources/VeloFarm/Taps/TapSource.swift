import SystemPackage
import VeloFormula
import VeloGit
import VeloSystem

/// Where a tap's formulae are read from.
enum TapSource: Equatable, Sendable {
    /// Files, as they are.
    case folder(FilePath)
    /// Somebody's repository on this machine, at its HEAD.
    case repository(FilePath)
    /// Our copy of a repository that has a URL.
    case clone(url: String, FilePath)

    /// A path or URL as a person gives it.
    ///
    /// A folder inside a work tree is no repository of its own: its files are read.
    static func recognise(_ location: String, workingFolder: FilePath) throws -> TapSource? {
        if isURL(location) { return nil }
        let path = workingFolder.pushing(FilePath(location)).lexicallyNormalized()
        guard try FileTree.status(path, followLinks: true)?.kind == .folder else { throw TapError.notThere(location) }
        return GitRepository.isRepository(path) ? .repository(path) : .folder(path)
    }

    /// `scheme://…`, or `user@host:path` as ssh has it.
    static func isURL(_ location: String) -> Bool {
        if location.contains("://") { return true }
        guard let colon = location.firstIndex(of: ":") else { return false }
        let host = location[..<colon]
        return host.contains("@") && !host.contains("/")
    }

    var kind: String {
        switch self {
        case .folder: "folder"
        case .repository: "repository"
        case .clone: "clone"
        }
    }

    /// As it was given: a path, or a URL.
    var location: String {
        switch self {
        case .folder(let path), .repository(let path): path.string
        case .clone(let url, _): url
        }
    }
}

/// The files of a tap that matter, at one moment.
struct TapSnapshot: Sendable {
    struct File: Sendable {
        /// Inside the tap.
        var path: String
        var bytes: [UInt8]
    }

    /// Nil for a plain folder.
    var commit: String?
    var formulae: [File] = []
    /// Alias to formula name.
    var aliases: [String: String] = [:]
    /// Files left out, and why.
    var refused: [FormulaProblem] = []

    /// A formula of more bytes is not one that a person wrote.
    static let sizeLimit = 4 << 20

    /// Where formulae are, most telling first; the last means the top of the tap.
    private static let folders = ["Formula", "HomebrewFormula", ""]
}

extension TapSnapshot {
    /// Reads a tap. Blocking.
    init(_ source: TapSource) throws {
        switch source {
        case .folder(let path): try self.init(folder: path)
        case .repository(let path), .clone(_, let path): try self.init(repository: GitRepository.open(path))
        }
        guard !formulae.isEmpty || !refused.isEmpty else { throw TapError.noFormulae(source.location) }
    }

    private init(repository: GitRepository) throws {
        let head = try repository.headCommit()
        commit = head
        for folder in Self.folders {
            guard let files = try repository.files(in: folder, at: head) else { continue }
            for file in files where file.path.hasSuffix(".rb") && !file.isLink {
                add(file.path, try repository.content(file, limit: Self.sizeLimit))
            }
            if !folder.isEmpty || !formulae.isEmpty { break }
        }
        for file in try repository.files(in: "Aliases", at: head) ?? [] where file.isLink {
            addAlias(
                file.path, target: String(decoding: try repository.content(file, limit: 4096) ?? [], as: UTF8.self))
        }
    }

    private init(folder: FilePath) throws {
        for name in Self.folders {
            let root = name.isEmpty ? folder : folder.appending(name)
            guard try FileTree.status(root, followLinks: true)?.kind == .folder else { continue }
            try FileTree.walk(root) { relative, path, status in
                if status.kind == .file, relative.hasSuffix(".rb") {
                    let isSmall = status.size <= Self.sizeLimit
                    add(name.isEmpty ? relative : "\(name)/\(relative)", isSmall ? try FileTree.read(path) : nil)
                }
                return !name.isEmpty
            }
            if !name.isEmpty || !formulae.isEmpty { break }
        }
        let aliases = folder.appending("Aliases")
        guard try FileTree.status(aliases)?.kind == .folder else { return }
        for name in try FileTree.names(in: aliases) {
            guard let target = try? FileTree.readLink(aliases.appending(name)) else { continue }
            addAlias(name, target: target)
        }
    }

    private mutating func add(_ path: String, _ bytes: [UInt8]?) {
        if let bytes {
            formulae.append(File(path: path, bytes: bytes))
        } else {
            refused.append(
                FormulaProblem(path: path, message: "\(path): error: larger than \(Self.sizeLimit >> 20) MiB"))
        }
    }

    private mutating func addAlias(_ path: String, target: String) {
        guard let alias = path.split(separator: "/").last, let file = target.split(separator: "/").last,
            file.hasSuffix(".rb")
        else { return }
        aliases[String(alias)] = String(file.dropLast(3))
    }
}

/// A formula file that could not be used, and why.
package struct FormulaProblem: Codable, Sendable, Equatable {
    /// Inside the tap.
    package var path: String
    /// With file, line and a caret where there is one.
    package var message: String
}
