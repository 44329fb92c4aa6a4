/// What becomes of an ELF file's search path and interpreter when its keg moves, the same way Homebrew decides it.
package enum SearchPathRules {
    /// The new search path: entries below the new prefix or relative to the file, then the prefix's `lib`.
    ///
    /// Folders of the system and of the build are dropped: they would be looked in before those of the prefix.
    /// - Parameter isCompiler: The keg is `gcc` or `gcc@N`, which knows its own version's folder.
    package static func searchPath(
        _ old: String, from oldPrefix: String, to newPrefix: String, isCompiler: Bool
    ) -> String {
        let library = newPrefix + "/lib"
        var entries: [String] = []
        for entry in old.split(separator: ":") {
            let moved = replacingFirst(oldPrefix, with: newPrefix, in: String(entry))
            guard moved.hasPrefix(newPrefix) || moved.hasPrefix("$ORIGIN") else { continue }
            entries.append(moved)
        }
        if !entries.contains(library) { entries.append(library) }
        if !isCompiler { entries = entries.map(withoutCompilerVersion) }
        return entries.joined(separator: ":")
    }

    package static func interpreter(
        _ old: String, from oldPrefix: String, to newPrefix: String, loader: String?
    ) -> String {
        loader ?? replacingFirst(oldPrefix, with: newPrefix, in: old)
    }

    package static func isCompiler(_ formula: String) -> Bool { formula == "gcc" || formula.hasPrefix("gcc@") }

    /// Kegs whose binaries are left alone: the loader cannot be told where to find itself.
    package static func isLoader(_ formula: String) -> Bool { formula == "glibc" || formula.hasPrefix("glibc@") }

    /// `…/lib/gcc/13` becomes `…/lib/gcc/current`, a link that outlives an upgrade of the compiler.
    private static func withoutCompilerVersion(_ entry: String) -> String {
        guard let slash = entry.lastIndex(of: "/") else { return entry }
        let version = entry[entry.index(after: slash)...]
        guard entry[..<slash].hasSuffix("lib/gcc"), !version.isEmpty,
            version.utf8.allSatisfy({ (48...57).contains($0) })
        else { return entry }
        return entry[...slash] + "current"
    }

    private static func replacingFirst(_ old: String, with new: String, in text: String) -> String {
        let bytes = Array(text.utf8)
        guard !old.isEmpty, let index = BytePattern(old).first(in: bytes) else { return text }
        return String(decoding: bytes[..<index] + Array(new.utf8) + bytes[(index + old.utf8.count)...], as: UTF8.self)
    }
}
