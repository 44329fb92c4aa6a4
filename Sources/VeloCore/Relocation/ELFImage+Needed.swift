extension ELFImage {
    /// What to write where so that libraries asked for by a path are asked for by their name: the name is the end of the
    /// string that is there already.
    /// - Parameter isThere: Whether there is a library of a name.
    package func nameOnlyPatches(where isThere: (String) -> Bool) throws(ELFError) -> [BytePatch] {
        guard let dynamic else { return [] }
        var patches: [BytePatch] = []
        for entry in dynamic.entries where entry.tag == ELF.Tag.needed {
            let path = try dynamic.string(at: entry.value, reader)
            guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { continue }
            let start = path.utf8.index(after: slash)
            guard isThere(String(path[start...])) else { continue }
            let skipped = path.utf8.distance(from: path.utf8.startIndex, to: start)
            patches.append(
                dynamicPatch(entry.position, tag: entry.tag, value: entry.value + UInt64(skipped)))
        }
        return patches
    }
}
