/// What `.gitmodules` says of a repository's submodules.
///
/// ```
/// [submodule "lib/zlib"]
///     path = lib/zlib
///     url = ../zlib.git
/// ```
package struct GitModules: Sendable, Equatable {
    /// URLs by path; as written, so they may be relative.
    package private(set) var urls: [String: String] = [:]
    /// Paths of those that are not to be checked out.
    package private(set) var skipped: Set<String> = []

    package init(_ text: String) {
        var section: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.drop(while: \.isWhitespace)
            guard let first = words.first, first != "#", first != ";" else { continue }
            if first == "[" {
                take(section)
                section = [:]
                continue
            }
            let parts = words.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let key = parts[0].filter { !$0.isWhitespace }.lowercased()
            section[key] = Self.value(parts[1])
        }
        take(section)
    }

    private mutating func take(_ section: [String: String]) {
        guard let path = section["path"] else { return }
        if section["update"] == "none" { skipped.insert(path) }
        urls[path] = section["url"]
    }

    /// Without the blanks around it and the quotes in it; a comment ends it.
    private static func value(_ text: Substring) -> String {
        var result = ""
        var isQuoted = false
        for character in text.drop(while: \.isWhitespace) {
            if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted, character == "#" || character == ";" {
                break
            } else {
                result.append(character)
            }
        }
        while result.last?.isWhitespace == true { result.removeLast() }
        return result
    }

    /// A submodule's URL, as seen from the repository that names it: `../other.git` is beside that.
    package static func resolve(_ url: String, from base: String) -> String {
        guard url.hasPrefix("./") || url.hasPrefix("../") else { return url }
        var place = base[...]
        // The host's name stays, however far up the way leads.
        let host = base.firstRange(of: "://")?.upperBound ?? base.startIndex
        while place.last == "/" { place.removeLast() }
        var rest = url[...]
        while true {
            if rest.hasPrefix("./") {
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("../") {
                rest = rest.dropFirst(3)
                if let slash = place.lastIndex(of: "/"), slash > host { place = place[..<slash] }
            } else {
                return place + "/" + rest
            }
        }
    }
}
