import SystemPackage
package import VeloCore
package import VeloFormula
import VeloSystem

/// Looks at what a build left in the place of its keg before anything outside the sandbox touches it: a link where a
/// folder is expected would lead whoever follows it to the host's own files.
package enum KegGuard {
    /// Places in a keg that are written from the outside.
    private static let ours = [".brew", ".bottle", "INSTALL_RECEIPT.json"]

    /// - Throws: `BuildError` when the keg is none.
    package static func check(_ keg: Keg, formula: Formula) throws {
        guard let status = try FileTree.status(keg.location) else {
            throw BuildError(formula.fullName, .install, .nothingInstalled)
        }
        guard status.kind == .folder else {
            throw BuildError(formula.fullName, .install, .formula("the keg itself was replaced by something else"))
        }
        for name in ours {
            let path = keg.location.appending(name)
            if try FileTree.status(path) != nil { try FileTree.remove(path) }
        }
        guard try !FileTree.names(in: keg.location).isEmpty else {
            throw BuildError(formula.fullName, .install, .nothingInstalled)
        }
    }

    /// Whether a folder of a keg is one, all the way down, and not a link to somewhere else.
    static func isFolder(_ relative: String, of keg: FilePath) throws -> Bool {
        var path = keg
        for component in relative.split(separator: "/") {
            path.append(String(component))
            guard try FileTree.status(path)?.kind == .folder else { return false }
        }
        return true
    }
}
