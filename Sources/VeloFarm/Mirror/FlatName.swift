import VeloFormula

/// A bottle's flat name, taken apart: `NAME-PKGVERSION.TAG.bottle[.REBUILD].tar.gz`.
///
/// Where the name ends and the version begins cannot be told in general (`a-1-2`): all places that it may be are given.
enum FlatName {
    static func candidates(_ text: String) -> [BottleName] {
        guard text.hasSuffix(".tar.gz") else { return [] }
        var parts = text.dropLast(7).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var rebuild = 0
        if let last = parts.last, let number = Int(last), number > 0 {
            rebuild = number
            parts.removeLast()
        }
        guard parts.popLast() == "bottle", let word = parts.popLast(), let tag = PlatformTag(word) else { return [] }
        let stem = parts.joined(separator: ".")
        var found: [BottleName] = []
        for index in stem.indices where stem[index] == "-" {
            let version = stem[stem.index(after: index)...]
            // Versions nearly always begin with a digit; the rest is tried after those.
            guard !version.isEmpty, index != stem.startIndex else { continue }
            guard
                let name = BottleName(
                    name: String(stem[..<index]), packageVersion: String(version), tag: tag, rebuild: rebuild)
            else { continue }
            found.append(name)
        }
        let likely = found.filter { $0.packageVersion.first?.isNumber ?? false }
        return likely.isEmpty ? Array(found.suffix(2)) : Array(likely.prefix(4))
    }
}
