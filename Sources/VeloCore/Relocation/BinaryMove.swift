package import SystemPackage
import VeloSystem

/// Changes where one program or library looks for others, outside of a bottle: ELF and Mach-O, where they lie.
package struct BinaryMove: Sendable {
    /// The old prefix and the new one, in search paths, interpreters and library names.
    package var prefixes: (old: String, new: String)?
    /// What a search path becomes altogether; ELF alone, and only of files that have one.
    package var searchPath: String?
    package var interpreter: String?

    package init() {}

    /// Says whether the file was changed; one that is neither ELF nor Mach-O is not. Blocking.
    package func apply(to path: FilePath) throws -> Bool {
        do {
            return try EditableFile.edit(path) { file in
                let head = file.bytes(0..<min(8, file.count))
                if ELFImage.isELF(head) { return try applyELF(file) }
                if MachOFile.isMachO(head) { return try MachOFile(file).rename(moved) }
                return false
            }
        } catch let error as any Problem where error is ELFError || error is MachOError {
            throw RelocationError.binary(path: path.string, cause: error)
        }
    }

    private func moved(_ path: String) -> String? {
        guard let (old, new) = prefixes, path == old || path.hasPrefix(old + "/") else { return nil }
        return new + path.dropFirst(old.count)
    }

    private func applyELF(_ file: EditableFile) throws -> Bool {
        let image = try ELFImage(file)
        guard image.isProgramOrLibrary, image.isDynamic else { return false }
        let path =
            searchPath
            ?? image.searchPath.map { old in
                old.split(separator: ":").map { moved(String($0)) ?? String($0) }.joined(separator: ":")
            }
        let patches = try image.patches(
            interpreter: interpreter ?? image.interpreter.map { moved($0) ?? $0 }, searchPath: path)
        try BytePatch.apply(patches, to: file)
        return !patches.isEmpty
    }
}
