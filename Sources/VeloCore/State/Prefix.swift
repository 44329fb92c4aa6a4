package import SystemPackage
package import VeloSystem

/// The folder that everything is installed into, and every path that velo owns in it.
///
/// ```
/// bin/ lib/ share/ …            links into the kegs
/// Cellar/NAME/VERSION/          kegs
/// opt/NAME                      link to the keg in use
/// var/homebrew/linked/NAME      link to the keg whose files are linked
/// var/homebrew/locks/           locks
/// var/velo/staging/             kegs that are being poured; nothing in it outlives a run
/// var/velo/journal/             the transaction under way, if there is one
/// var/velo/backups/             files that a link replaced
/// ```
package struct Prefix: Sendable, Hashable {
    /// Where it lies on this disk.
    package let location: FilePath
    /// What the files inside say: the same, except for a build sandbox, where the folder is mounted elsewhere.
    package let path: String

    package init(at location: FilePath, path: String? = nil) {
        let location = location.lexicallyNormalized()
        self.location = location
        self.path = path ?? location.string
    }

    package var cellar: FilePath { location.appending("Cellar") }
    /// The cellar as the files inside say it.
    package var cellarPath: String { path + "/Cellar" }

    package func keg(_ name: String, _ pkgVersion: String) -> Keg {
        Keg(name: name, pkgVersion: pkgVersion, location: rack(name).appending(pkgVersion))
    }

    /// The folder of all versions of a formula.
    package func rack(_ name: String) -> FilePath { cellar.appending(name) }

    package var optFolder: FilePath { location.appending("opt") }
    package func opt(_ name: String) -> FilePath { optFolder.appending(name) }
    package var linkedFolder: FilePath { location.appending("var/homebrew/linked") }
    package func linkedRecord(_ name: String) -> FilePath { linkedFolder.appending(name) }
    package var locks: FilePath { location.appending("var/homebrew/locks") }
    /// Held by whoever changes anything in the prefix.
    package var lock: FilePath { locks.appending("velo.lock") }
    package var staging: FilePath { location.appending("var/velo/staging") }
    package var journal: FilePath { location.appending("var/velo/journal") }
    package var bin: FilePath { location.appending("bin") }
    package var loader: FilePath { location.appending("lib/ld.so") }

    /// `bin/x` as a path on this disk.
    package func absolute(_ relative: String) -> FilePath {
        var result = location
        for component in relative.split(separator: "/") { result.append(String(component)) }
        return result
    }

    /// Nil for a path outside the prefix.
    package func relative(_ absolute: FilePath) -> String? {
        var rest = absolute.lexicallyNormalized()
        guard rest.removePrefix(location) else { return nil }
        return rest.string
    }

    /// Throws if the prefix cannot be used: before anything is downloaded, and without writing to it.
    package func check() throws(PrefixError) {
        if let reason = Self.flaw(of: path) { throw .unusablePath(path, reason) }
        var folder = location
        do {
            while true {
                guard let status = try FileTree.status(folder, followLinks: true) else {
                    folder.removeLastComponent()
                    continue
                }
                guard status.kind == .folder else { throw PrefixError.notAFolder(folder) }
                guard FileTree.isWritable(folder) else { throw PrefixError.readOnly(location, folder) }
                break
            }
            for owned in [cellar, optFolder, bin, location.appending("lib"), location.appending("var")]
            where FileTree.exists(owned) && !FileTree.isWritable(owned) {
                throw PrefixError.readOnly(location, owned)
            }
        } catch let error as PrefixError {
            throw error
        } catch {
            throw .unreadable(location, error)
        }
    }

    /// Why files poured there would not work.
    private static func flaw(of path: String) -> PrefixError.Flaw? {
        guard path.hasPrefix("/") else { return .relative }
        guard path != "/" else { return .root }
        if path.contains(":") { return .colon }
        if path.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }) { return .blank }
        return nil
    }
}

/// A version of a formula, as a folder in the Cellar.
package struct Keg: Sendable, Hashable {
    package let name: String
    package let pkgVersion: String
    /// Where its files are on this disk.
    package let location: FilePath

    package init(name: String, pkgVersion: String, location: FilePath) {
        self.name = name
        self.pkgVersion = pkgVersion
        self.location = location
    }

    package var receipt: FilePath { location.appending("INSTALL_RECEIPT.json") }
    /// Relative to the prefix.
    package var path: String { "Cellar/\(name)/\(pkgVersion)" }
    package var label: String { "\(name) \(pkgVersion)" }
}

/// Why a prefix cannot be used.
package enum PrefixError: Problem {
    package enum Flaw: Sendable { case relative, root, colon, blank }

    case unusablePath(String, Flaw)
    case notAFolder(FilePath)
    /// The prefix, and the folder in the way.
    case readOnly(FilePath, FilePath)
    case unreadable(FilePath, any Error)
    case busy(FilePath)

    package var summary: String {
        switch self {
        case .unusablePath(let path, .relative): "the prefix `\(path)` is not an absolute path"
        case .unusablePath(_, .root): "the prefix cannot be `/`"
        case .unusablePath(let path, .colon): "the prefix `\(path)` holds a colon, which separates paths in libraries"
        case .unusablePath(let path, .blank): "the prefix `\(path)` holds a blank, which ends a path in scripts"
        case .notAFolder(let path): "`\(path)` is not a folder"
        case .readOnly(let prefix, let folder) where prefix == folder: "the prefix `\(prefix)` cannot be written to"
        case .readOnly(let prefix, let folder):
            "the prefix `\(prefix)` cannot be written to: `\(folder)` is not writable"
        case .unreadable(let prefix, _): "could not look at the prefix `\(prefix)`"
        case .busy(let prefix): "another velo is changing `\(prefix)`"
        }
    }

    package var cause: (any Error)? {
        guard case .unreadable(_, let error) = self else { return nil }
        return error
    }

    package var hints: [String] {
        switch self {
        case .busy: ["wait until it is done, then run the command again"]
        case .unreadable: []
        default: ["choose a folder of yours with `--prefix` or `VELO_PREFIX`"]
        }
    }

    package var severity: ProblemSeverity {
        guard case .busy = self else { return .refused }
        return .temporary
    }
}
