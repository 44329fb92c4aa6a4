/// Exchanges the places of an installation and their placeholders in text files. Pure, on bytes.
package struct PlaceholderRewriter: Sendable {
    private let target: RelocationTarget
    private let mark = BytePattern(Placeholder.mark)
    /// Placeholders and what they stand for, the longest word first.
    private let values: [(word: BytePattern, value: [UInt8])]
    /// Places and their placeholders, in the order in which they are looked for: what lies deeper goes first.
    private let places: [(place: BytePattern, word: [UInt8])]
    private let javaStem: BytePattern

    package init(_ target: RelocationTarget) {
        self.target = target
        values = Placeholder.allCases
            .compactMap { word in target.value(of: word).map { (BytePattern(word.text), Array($0.utf8)) } }
            .sorted { $0.0.bytes.count > $1.0.bytes.count }
        var order: [Placeholder] = [.library, .repository, .cellar, .prefix]
        if target.repository == target.prefix { order.removeAll { $0 == .repository } }
        places = order.compactMap { word in target.value(of: word).map { (BytePattern($0), Array(word.text.utf8)) } }
        javaStem = BytePattern(target.prefix + "/opt/openjdk")
    }

    /// The bytes with every placeholder replaced by its place; nil when there is none.
    package func withPlaces(_ bytes: [UInt8]) -> [UInt8]? {
        var edits: [(Range<Int>, [UInt8])] = []
        var start = 0
        while let index = mark.first(in: bytes, from: start) {
            start = index + 1
            guard let (word, value) = values.first(where: { $0.word.matches(bytes, at: index) }) else { continue }
            edits.append((index..<index + word.bytes.count, value))
            start = index + word.bytes.count
        }
        return Self.replacing(edits, in: bytes)
    }

    /// The bytes with every place replaced by its placeholder; nil when there is none.
    package func withPlaceholders(_ bytes: [UInt8]) -> [UInt8]? {
        var result: [UInt8]?
        func apply(_ edits: [(Range<Int>, [UInt8])]) {
            result = Self.replacing(edits, in: result ?? bytes) ?? result
        }
        if target.java != nil { apply(javaEdits(bytes)) }
        if let edit = perlEdit(result ?? bytes) { apply([edit]) }
        for (place, word) in places {
            let text = result ?? bytes
            apply(
                place.positions(in: text)
                    .filter { Self.isBoundary(text, before: $0) }
                    .map { ($0..<$0 + place.bytes.count, word) })
        }
        return result
    }

    /// A path begins at the start, after anything that is no ASCII letter or digit, or after a compiler's flag. There
    /// is no rule for where it ends.
    static func isBoundary(_ bytes: [UInt8], before index: Int) -> Bool {
        guard index > 0 else { return true }
        guard isAlphanumeric(bytes[index - 1]) else { return true }
        return flags.contains { flag in index >= flag.count && bytes[index - flag.count..<index].elementsEqual(flag) }
    }

    private static let flags = ["-F", "-I", "-L", "-isystem"].map { Array($0.utf8) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// `PREFIX/opt/openjdk[@17]/libexec`, and what macOS has below it.
    private func javaEdits(_ bytes: [UInt8]) -> [(Range<Int>, [UInt8])] {
        let bundle = Array("/openjdk.jdk/Contents/Home".utf8)
        return javaStem.positions(in: bytes).compactMap { start in
            var end = start + javaStem.bytes.count
            if end < bytes.count, bytes[end] == UInt8(ascii: "@") {
                end += 1 + bytes[(end + 1)...].prefix { Self.isDigit($0) || $0 == UInt8(ascii: ".") }.count
            }
            guard bytes[end...].starts(with: "/libexec".utf8) else { return nil }
            end += 8
            if bytes[end...].starts(with: bundle) { end += bundle.count }
            return (start..<end, Array(Placeholder.java.text.utf8))
        }
    }

    /// The interpreter of a Perl script: `/usr/bin/perl5.36`, or the Perl of this prefix.
    private func perlEdit(_ bytes: [UInt8]) -> (Range<Int>, [UInt8])? {
        guard bytes.starts(with: "#!".utf8) else { return nil }
        let start = 2 + bytes[2...].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
        let path = bytes[start...].prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
        guard path.elementsEqual(target.perl.utf8) || Self.isSystemPerl(path) else { return nil }
        return (start..<path.endIndex, Array(Placeholder.perl.text.utf8))
    }

    private static func isSystemPerl(_ path: ArraySlice<UInt8>) -> Bool {
        let stem = Array("/usr/bin/perl".utf8)
        guard path.starts(with: stem) else { return false }
        let version = path.dropFirst(stem.count).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return version.count == 2 && version.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// - Precondition: The ranges are in order and do not overlap.
    private static func replacing(_ edits: [(Range<Int>, [UInt8])], in bytes: [UInt8]) -> [UInt8]? {
        guard !edits.isEmpty else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + edits.reduce(0) { $0 + $1.1.count - $1.0.count })
        var done = 0
        for (range, replacement) in edits {
            result += bytes[done..<range.lowerBound]
            result += replacement
            done = range.upperBound
        }
        result += bytes[done...]
        return result
    }
}
