package import SystemPackage
package import VeloFormula
import VeloSystem

/// What sealing a keg will change and what it cannot, found by going through all of it once. The keg stays as it is.
package struct KegSurvey: Sendable {
    /// Text files that get placeholders, sorted: a receipt's `changed_files`.
    package private(set) var changedFiles: [String] = []
    /// Binaries that get another search path or interpreter, sorted.
    package private(set) var relinkedFiles: [String] = []
    package private(set) var leftovers: [KegSealer.Leftover] = []
    /// Links whose absolute target is below the prefix.
    package private(set) var absoluteLinks: [String] = []
    /// Where binaries hold the build prefix, by file.
    package private(set) var binaryStrings: [String: [BinaryString]] = [:]
    /// Files that hold it where it cannot be exchanged, and why: strings of some binaries, and what is compressed.
    package private(set) var fixedFiles: [String: String] = [:]
    /// Where the bottle can be poured.
    package private(set) var cellar = BottleSpec.Cellar.anySkipRelocation

    /// Goes through a keg. Blocking.
    /// - Parameters:
    ///   - counts: Whether a place that a binary still names matters.
    ///   - isLeftOut: Files and folders that do not go into the bottle as they are.
    package init(
        of keg: FilePath, sealer: KegSealer, counts: (String) -> Bool = { _ in true },
        skipping isLeftOut: (String) -> Bool = { _ in false }
    ) throws {
        var seen: [UInt64: Finding] = [:]
        let prefix = BytePattern(sealer.target.prefix)
        var hasPackedText = false
        try FileTree.walk(keg) { path, file, status in
            guard !isLeftOut(path) else { return false }
            switch status.kind {
            case .link:
                let target = try FileTree.readLink(file)
                if PrefixLink.relative(target, from: path, prefix: sealer.target.prefix) != nil {
                    absoluteLinks.append(path)
                }
            case .file:
                // Of a file with several names, every one that would be changed by itself is listed.
                if let known = seen[status.inode] {
                    record(path, known)
                    break
                }
                let bytes = try FileTree.read(file)
                let sealed = try sealer.sealed(bytes, at: path)
                let final = sealed?.bytes ?? bytes
                var finding = Finding(changes: sealed?.changes ?? [], strings: sealer.binaryStrings(in: final))
                finding.whyFixed = sealer.whyFixed(finding.strings, in: final)
                if !PackedText.isManual(path), PackedText.holds(prefix, file, bytes) {
                    finding.whyFixed = "what is compressed in it holds the prefix"
                    hasPackedText = true
                }
                leftovers += sealer.leftovers(in: final, at: path, counts: counts)
                record(path, finding)
                if status.linkCount > 1 { seen[status.inode] = finding }
            case .folder, .other: break
            }
            return true
        }
        if !leftovers.isEmpty || !absoluteLinks.isEmpty || hasPackedText {
            cellar = .path(sealer.target.cellar)
        } else if !relinkedFiles.isEmpty {
            cellar = .any
        }
    }

    /// What there is to a file.
    private struct Finding {
        var changes: RewrittenFile.Changes
        var strings: [BinaryString]
        var whyFixed: String?
    }

    private mutating func record(_ path: String, _ finding: Finding) {
        if finding.changes.contains(.text) { changedFiles.append(path) }
        if finding.changes.contains(.linkage) { relinkedFiles.append(path) }
        if let reason = finding.whyFixed {
            fixedFiles[path] = reason
        } else if !finding.strings.isEmpty {
            binaryStrings[path] = finding.strings
        }
    }
}
