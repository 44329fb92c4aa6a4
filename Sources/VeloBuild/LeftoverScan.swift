package import SystemPackage
import VeloCore
import VeloSystem

/// Files of a keg that still name the place where it was built. Documentation is not looked at: nothing rewrites it.
package struct LeftoverScan: Sendable {
    /// Relative to the keg, sorted.
    package private(set) var tree: [String] = []
    package private(set) var prefix: [String] = []

    /// - Parameters:
    ///   - buildTree: the folder in which it was compiled, as it was called there.
    ///   - buildPrefix: the prefix that it was built for.
    package init(keg: FilePath, buildTree: String, buildPrefix: String) throws {
        let (treePattern, prefixPattern) = (BytePattern(buildTree), BytePattern(buildPrefix))
        try FileTree.walk(keg) { relative, path, status in
            guard relative != ".brew", relative != "INSTALL_RECEIPT.json" else { return false }
            switch status.kind {
            case .link:
                let target = Array(try FileTree.readLink(path).utf8)
                record(relative, target, treePattern, prefixPattern)
            case .file where !RelocatableText.isDocument(relative):
                record(relative, try FileTree.read(path), treePattern, prefixPattern)
            default: break
            }
            return true
        }
    }

    private mutating func record(_ path: String, _ bytes: [UInt8], _ tree: BytePattern, _ prefix: BytePattern) {
        if tree.first(in: bytes) != nil { self.tree.append(path) }
        if prefix.first(in: bytes) != nil { self.prefix.append(path) }
    }
}
