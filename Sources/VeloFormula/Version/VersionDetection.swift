/// Finds the version in the URL of a source, or in its tag, by Homebrew's rules, first match wins.
enum VersionDetection {
    /// The version that a URL (or a tag) names, or nil. `%XX` and `+` are decoded first.
    ///
    /// Homebrew since 4.0.5 also looks into the folder of a GitHub release.
    static func version(in location: String, era: EvaluationContext.Era) -> String? {
        let decoded = formDecoded(location)
        let url = VersionScanner(decoded)
        let stem = VersionScanner(Self.stem(of: decoded))
        for rule in era == .homebrew4 ? rulesOf4 : rules {
            if let found = rule(stem, url), !found.isEmpty { return found }
        }
        return nil
    }

    /// Looks at the stem (the last component without its extension) and at the whole URL.
    private typealias Rule = @Sendable (_ stem: VersionScanner, _ url: VersionScanner) -> String?

    private static let rules: [Rule] =
        [
            { stem, _ in date(stem, needsDash: false) }, { _, url in ball(url) }, { _, url in release(url) },
        ] + laterRules
    private static let rulesOf4: [Rule] =
        [
            { stem, _ in date(stem, needsDash: true) }, { _, url in ball(url) },
        ] + laterRules

    private static let laterRules: [Rule] = [
        { _, url in erlang(url) },
        { stem, _ in underscored(stem) },
        { stem, _ in packaged(stem) },
        { stem, _ in bare(stem) },
        { _, url in atEnd(url, after: "-v", least: 0) },
        { stem, _ in pair(stem) },
        { stem, _ in atEnd(stem, after: "-", least: 0) },
        { stem, _ in postRelease(stem) },
        { stem, _ in lettered(stem) },
        { stem, _ in preRelease(stem) },
        { stem, _ in windows(stem) },
        { stem, _ in opam(stem) },
        { stem, _ in processor(stem) },
        { stem, _ in dottedPrerelease(stem, isOptional: false) },
        { stem, _ in trailing(stem) },
        { stem, _ in withContentSuffix(stem) },
        { stem, _ in between(stem) },
        { stem, _ in debian(stem) },
        { stem, _ in segment(stem, mark: UInt8(ascii: "-")) },
        { stem, _ in segment(stem, mark: UInt8(ascii: "_")) },
        { _, url in folder(url) },
        { stem, _ in dotted(stem) },
        { _, url in dottedPrerelease(url, isOptional: true) },
    ]

    // MARK: Stem

    static func formDecoded(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return bytes }
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < bytes.count,
                let value = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                decoded.append(value)
                index += 3
            } else {
                decoded.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return decoded
    }

    private static func stem(of url: [UInt8]) -> ArraySlice<UInt8> {
        let text = VersionScanner(url)
        var end = url.count
        while end > 1, url[end - 1] == UInt8(ascii: "/") { end -= 1 }
        let slash = url[..<end].lastIndex(of: UInt8(ascii: "/"))
        let base = url[(slash.map { $0 + 1 } ?? 0)..<end]
        if let slash, text.hasPrefix("download", at: end - 8), end == url.count, base.count == 8,
            contains(url, "sourceforge.net/") || contains(url, "sf.net/")
        {
            return PathText.withoutExtension(lastComponent(of: url[..<slash]))
        }
        if let dot = url.lastIndex(of: UInt8(ascii: ".")), dot + 1 < url.count,
            isLetterFreeTail(url)
        {
            return base
        }
        return PathText.withoutExtension(base)
    }

    /// Somewhere a dot begins a rest without letters.
    private static func isLetterFreeTail(_ url: [UInt8]) -> Bool {
        let tail = (url.lastIndex { $0.isASCIILetter }).map { $0 + 1 } ?? 0
        guard let dot = url[tail...].firstIndex(of: UInt8(ascii: ".")) else { return false }
        return dot + 1 < url.count
    }

    private static func lastComponent(of path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        return path[(slash.map { $0 + 1 } ?? path.startIndex)...]
    }

    private static func contains(_ url: [UInt8], _ word: StaticString) -> Bool {
        let scanner = VersionScanner(url)
        return url.indices.contains { scanner.hasPrefix(word, at: $0) }
    }
}
