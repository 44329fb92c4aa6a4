import SystemPackage
package import VeloCore
import VeloSystem

/// Whether every library that a keg's programs and libraries ask for is there, and is one that may be asked for: the
/// keg's own, a dependency's, or of the few that every system has.
package struct LinkageCheck: Sendable {
    let prefix: Prefix

    package init(prefix: Prefix) {
        self.prefix = prefix
    }

    /// What may come from the host: the C library and the compiler's own runtime.
    private static let systemLibraries: Set<String> = [
        "libc", "libm", "libdl", "libpthread", "librt", "libutil", "libresolv", "libanl", "libmvec", "libnsl",
        "libcrypt",
        "libthread_db", "libgcc_s", "libstdc++", "libgomp", "libatomic", "libquadmath", "libgfortran", "linux-vdso",
    ]

    /// A file of the keg and a library that it will not find.
    package struct Missing: Sendable, Equatable {
        package var file: String
        package var library: String

        package init(file: String, library: String) {
            self.file = file
            self.library = library
        }
    }

    package func missing(in keg: Keg) throws -> [Missing] {
        var own: Set<String> = []
        var images: [(path: String, image: ELFImage)] = []
        try FileTree.walk(keg.location) { relative, path, status in
            guard status.kind == .file else { return true }
            guard ELFImage.isELF(try FileTree.read(path, limit: 4)),
                let image = try? ELFImage(try FileTree.read(path)), image.isProgramOrLibrary
            else { return true }
            images.append((relative, image))
            own.insert(path.lastComponent?.string ?? "")
            if let soname = image.soname { own.insert(soname) }
            return true
        }
        var missing: [Missing] = []
        for (path, image) in images {
            let folders = searchFolders(of: image, at: keg.location.pushing(FilePath(path)))
            for library in image.needed
            where !isSystem(library) && !own.contains(library)
                && !folders.contains(where: { FileTree.exists($0.appending(library)) })
            {
                missing.append(Missing(file: path, library: library))
            }
        }
        return missing
    }

    /// The folders of its search path, where they lie on this disk.
    private func searchFolders(of image: ELFImage, at path: FilePath) -> [FilePath] {
        let origin = path.removingLastComponent()
        return (image.searchPath ?? "").split(separator: ":").compactMap { entry in
            var text = String(entry)
            for name in ["$ORIGIN", "${ORIGIN}"] where text.hasPrefix(name) {
                return origin.pushing(FilePath(String(text.dropFirst(name.count).drop { $0 == "/" })))
                    .lexicallyNormalized()
            }
            guard text == prefix.path || text.hasPrefix(prefix.path + "/") else { return nil }
            text.removeFirst(prefix.path.count)
            return prefix.absolute(text)
        }
    }

    /// `libstdc++.so.6`, `ld-linux-x86-64.so.2`
    private func isSystem(_ library: String) -> Bool {
        if library.hasPrefix("ld-linux") || library == "ld.so" { return true }
        guard let end = library.firstRange(of: ".so") else { return false }
        return Self.systemLibraries.contains(String(library[..<end.lowerBound]))
    }
}
