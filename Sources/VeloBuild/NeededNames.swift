package import SystemPackage
import VeloCore
import VeloSystem

/// Puts right what a library is asked for by: a path, as a linker writes it that was given a library without a name,
/// is looked for below the folder in which the program happens to run.
package enum NeededNames {
    /// Where the keg has a library of that name, files ask for it by its name alone.
    package static func repair(in keg: FilePath, report: (String) -> Void) throws {
        var images: [(relative: String, path: FilePath, image: ELFImage)] = []
        var own: Set<String> = []
        try FileTree.walk(keg) { relative, path, status in
            if let name = path.lastComponent?.string { own.insert(name) }
            guard status.kind == .file, ELFImage.isELF(try FileTree.read(path, limit: 4)),
                let image = try? ELFImage(try FileTree.read(path))
            else { return true }
            if image.needed.contains(where: { $0.contains("/") }) { images.append((relative, path, image)) }
            return true
        }
        for (relative, path, image) in images {
            let patches = try image.nameOnlyPatches { own.contains($0) }
            guard !patches.isEmpty, let status = try FileTree.status(path) else { continue }
            var bytes = try FileTree.read(path)
            for patch in patches {
                bytes.replaceSubrange(patch.offset..<(patch.offset + patch.bytes.count), with: patch.bytes)
            }
            try FileTree.replace(path, with: bytes, mode: status.mode)
            report("`\(relative)` asks for its libraries by name now, not by path")
        }
    }
}
