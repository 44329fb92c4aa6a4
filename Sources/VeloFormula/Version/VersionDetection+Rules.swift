/// The rules, one function each. Forms are given as patterns: `N` a number, `D` dotted numbers, `M` two or three.
extension VersionDetection {
    /// `YYYY-MM-DD`; in Homebrew 4.0 only after `-` or `-v`.
    static func date(_ stem: VersionScanner, needsDash: Bool) -> String? {
        for start in 0..<stem.end where stem.isDigit(start) {
            if needsDash {
                let mark = stem[start - 1] == UInt8(ascii: "v") ? start - 2 : start - 1
                guard stem[mark] == UInt8(ascii: "-") else { continue }
            }
            let isDate = zip([4, 2, 2], [start, start + 5, start + 8]).allSatisfy { length, from in
                (from..<from + length).allSatisfy(stem.isDigit)
            }
            if isDate, stem[start + 4] == UInt8(ascii: "-"), stem[start + 7] == UInt8(ascii: "-") {
                return stem.text(start..<start + 10)
            }
        }
        return nil
    }

    /// `github.com/…/tarball/name-1.2.3` at the end of the URL
    static func ball(_ url: VersionScanner) -> String? {
        guard let host = first(in: url, { url.hasPrefix("github.com/", at: $0) ? $0 : nil }) else { return nil }
        for start in stride(from: url.end - 1, through: host + 12, by: -1) {
            guard url.hasPrefix("/zipball/", at: start) || url.hasPrefix("/tarball/", at: start) else { continue }
            let name = start + 9
            var begins = url[name] == UInt8(ascii: "v") ? [name + 1] : []
            let word = url.bytes[name...].firstIndex { !$0.isWordByte } ?? url.end
            if word > name, url[word] == UInt8(ascii: "-") { begins.append(word + 1) }
            for begin in begins + [name] where endsSeparated(url, begin) { return url.text(begin..<url.end) }
        }
        return nil
    }

    /// `(N[._-])+N?` up to the end
    private static func endsSeparated(_ url: VersionScanner, _ start: Int) -> Bool {
        var index = url.bytes.endOfDigits(from: start)
        guard index > start, index < url.end else { return false }
        while index < url.end {
            guard url.isByte(index, "._-") else { return false }
            let next = url.bytes.endOfDigits(from: index + 1)
            guard next > index + 1 || next == url.end else { return false }
            index = next
        }
        return true
    }

    /// `github.com/…/releases/download/v1.2/`
    static func release(_ url: VersionScanner) -> String? {
        guard first(in: url, { url.hasPrefix("github.com/", at: $0) ? $0 : nil }) != nil else { return nil }
        return first(in: url) { start in
            guard url.hasPrefix("/releases/download/", at: start) else { return nil }
            let name = start + "/releases/download/".utf8.count
            let begin = url.isByte(name, "rvV_") ? name + 1 : name
            guard let end = url.endOfDotted(begin, least: 1), url[end] == UInt8(ascii: "/") else { return nil }
            return url.text(begin..<end)
        }
    }

    /// `_R15B01-1`
    static func erlang(_ url: VersionScanner) -> String? {
        first(in: url) { start in
            guard url.isByte(start, "_-"), url.isByte(start + 1, "Rr") else { return nil }
            let number = url.bytes.endOfDigits(from: start + 2)
            guard number > start + 2, url.isByte(number, "AaBb") else { return nil }
            var end = url.bytes.endOfDigits(from: number + 1)
            if url[end] == UInt8(ascii: "-"), url.isDigit(end + 1) { end = url.bytes.endOfDigits(from: end + 1) }
            return url.text(start + 1..<end)
        }
    }

    /// `1_39_0` at the end
    static func underscored(_ stem: VersionScanner) -> String? {
        first(in: stem) { start in
            var index = stem.bytes.endOfDigits(from: start)
            guard index > start, stem[index] == UInt8(ascii: "_") else { return nil }
            while stem[index] == UInt8(ascii: "_"), stem.isDigit(index + 1) {
                index = stem.bytes.endOfDigits(from: index + 1)
            }
            guard index == stem.end else { return nil }
            return String(
                decoding: stem.bytes[start...].map { $0 == UInt8(ascii: "_") ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
        }
    }

    /// `-D-p243`, `_D-1`, at the end, with a suffix such as `-src`
    static func packaged(_ stem: VersionScanner) -> String? {
        first(in: stem) { start in
            guard stem.isByte(start, "_-"), let dotted = stem.endOfDotted(start + 1, least: 1),
                stem[dotted] == UInt8(ascii: "-")
            else { return nil }
            var number = dotted + 1
            if stem.hasPrefix("rc", at: number) || stem.hasPrefix("RC", at: number) {
                number += 2
            } else if stem.isByte(number, "pP") {
                number += 1
            }
            let end = stem.bytes.endOfDigits(from: number)
            guard end > number, end == stem.end || stem.endOfContentSuffix(end) == stem.end else { return nil }
            return stem.text(start + 1..<end)
        }
    }

    /// `v1.2-3` at the start
    static func bare(_ stem: VersionScanner) -> String? {
        let start = stem[0] == UInt8(ascii: "v") ? 1 : 0
        guard var end = stem.endOfDotted(start, least: 1), stem[end] == UInt8(ascii: "-"), stem.isDigit(end + 1) else {
            return nil
        }
        while stem[end] == UInt8(ascii: "-"), let next = stem.endOfDotted(end + 1, least: 0) { end = next }
        return stem.text(start..<end)
    }

    /// A mark, then numbers up to the end
    static func atEnd(_ text: VersionScanner, after marks: StaticString, least: Int) -> String? {
        first(in: text) { start in
            guard text.isByte(start, marks), text.endsDotted(start + 1, least: least) else { return nil }
            return text.text(start + 1..<text.end)
        }
    }

    /// `-398-1`
    static func pair(_ stem: VersionScanner) -> String? {
        first(in: stem) { start in
            guard stem[start] == UInt8(ascii: "-") else { return nil }
            let middle = stem.bytes.endOfDigits(from: start + 1)
            guard middle > start + 1, stem[middle] == UInt8(ascii: "-"), stem.isDigit(middle + 1) else { return nil }
            return stem.text(start + 1..<stem.bytes.endOfDigits(from: middle + 1))
        }
    }

    /// `-1.2.post1` at the end
    static func postRelease(_ stem: VersionScanner) -> String? {
        numbered(stem) { end in
            guard stem.hasPrefix("post", at: end + 1), stem.isDigit(end + 5) else { return false }
            return stem.bytes.endOfDigits(from: end + 5) == stem.end
        }
    }

    /// `-1.2b` at the end
    static func lettered(_ stem: VersionScanner) -> String? {
        numbered(stem) { end in
            let isWord = stem.hasPrefix("rc", at: end) || stem.hasPrefix("RC", at: end)
            guard isWord || stem.isByte(end, "abc") else { return false }
            return stem.bytes.endOfDigits(from: end + (isWord ? 2 : 1)) == stem.end
        }
    }

    /// `-1.2-beta3` at the end
    static func preRelease(_ stem: VersionScanner) -> String? {
        numbered(stem) { end in
            for word: StaticString in ["-alpha", "-beta", "-rc"] where stem.hasPrefix(word, at: end) {
                return stem.bytes.endOfDigits(from: end + word.utf8CodeUnitCount) == stem.end
            }
            return false
        }
    }

    /// `-1.2-win32` at the end
    static func windows(_ stem: VersionScanner) -> String? {
        for ending: StaticString in ["-w32", "-w64", "-win32", "-win64"] {
            let end = stem.end - ending.utf8CodeUnitCount
            guard stem.hasPrefix(ending, at: end) else { continue }
            return first(in: stem) { start in
                guard stem[start] == UInt8(ascii: "-"), stem.endOfDotted(start + 1, least: 1, most: 2) == end else {
                    return nil
                }
                return stem.text(start + 1..<end)
            }
        }
        return nil
    }

    /// `.1.9+opam`
    static func opam(_ stem: VersionScanner) -> String? {
        let end = stem.end - 5
        guard stem.hasPrefix("+opam", at: end) else { return nil }
        return first(in: stem) { start in
            guard stem[start] == UInt8(ascii: "."), stem.endOfDotted(start + 1, least: 1, most: 2) == end else {
                return nil
            }
            return stem.text(start + 1..<end)
        }
    }

    /// `_4.0.18-1.i686` at the end
    static func processor(_ stem: VersionScanner) -> String? {
        first(in: stem) { start in
            guard stem.isByte(start, "_-"), let dotted = stem.endOfDotted(start + 1, least: 1, most: 2) else {
                return nil
            }
            var ends = [dotted]
            if stem[dotted] == UInt8(ascii: "-"), stem.isDigit(dotted + 1) {
                ends.insert(stem.bytes.endOfDigits(from: dotted + 1), at: 0)
            }
            for end in ends where stem.isByte(end, "._-") {
                for word: StaticString in [
                    "i386", "i686", "x86", "x64", "x64_32", "x64_64", "x64-32", "x64-64",
                ] where stem.hasPrefix(word, at: end + 1) && end + 1 + word.utf8CodeUnitCount == stem.end {
                    return stem.text(start + 1..<end)
                }
            }
            return nil
        }
    }

    /// `v2.0-rc1` anywhere; optionally without the `-rc1`
    static func dottedPrerelease(_ text: VersionScanner, isOptional: Bool) -> String? {
        first(in: text) { start in
            guard let dotted = text.endOfDotted(start, least: 1) else { return nil }
            if let end = text.endOfPrerelease(dotted) { return text.text(start..<end) }
            return isOptional ? text.text(start..<dotted) : nil
        }
    }

    /// `foobar4.5.1`
    static func trailing(_ stem: VersionScanner) -> String? {
        first(in: stem) { stem.endsDotted($0, least: 0) ? stem.text($0..<stem.end) : nil }
    }

    /// `-4.5.0-bin` at the end
    static func withContentSuffix(_ stem: VersionScanner) -> String? {
        first(in: stem) { start in
            guard stem.isByte(start, "-vV"), var end = stem.endOfDotted(start + 1, least: 1) else { return nil }
            if stem.isByte(end, "abc") { end += 1 }
            return stem.endOfContentSuffix(end) == stem.end ? stem.text(start + 1..<end) : nil
        }
    }

    /// `-3.4-complete`
    static func between(_ stem: VersionScanner) -> String? {
        first(in: stem) { start in
            guard stem[start] == UInt8(ascii: "-"), let end = stem.endOfDotted(start + 1, least: 1),
                stem[end] == UInt8(ascii: "-")
            else { return nil }
            return stem.text(start + 1..<end)
        }
    }

    /// `_0.5.5.1.orig` at the end
    static func debian(_ stem: VersionScanner) -> String? {
        let tail = stem.end - 5
        guard stem.hasPrefix(".orig", at: tail) else { return nil }
        return first(in: stem) { start in
            guard stem[start] == UInt8(ascii: "_"), var end = stem.endOfDotted(start + 1, least: 1) else { return nil }
            if stem.isByte(end, "abc") { end += 1 }
            return end == tail ? stem.text(start + 1..<end) : nil
        }
    }

    /// `-v1…` up to the next mark
    static func segment(_ stem: VersionScanner, mark: UInt8) -> String? {
        first(in: stem) { start in
            guard stem[start] == mark else { return nil }
            let begin = stem[start + 1] == UInt8(ascii: "v") ? start + 2 : start + 1
            guard stem.isDigit(begin) else { return nil }
            let end = stem.bytes[begin...].firstIndex(of: mark) ?? stem.end
            return end > begin + 1 ? stem.text(begin..<end) : nil
        }
    }

    /// `/v1.486/`
    static func folder(_ url: VersionScanner) -> String? {
        first(in: url) { start in
            guard url[start] == UInt8(ascii: "/") else { return nil }
            var begin = start + 1
            if url.isByte(begin, "rvV") { begin += url[begin + 1] == UInt8(ascii: "_") ? 2 : 1 }
            guard let end = url.endOfDotted(begin, least: 1, most: 3) else { return nil }
            return url.text(begin..<end)
        }
    }

    /// `.v8d`
    static func dotted(_ stem: VersionScanner) -> String? {
        first(in: stem) { start in
            guard stem.hasPrefix(".v", at: start), stem.isDigit(start + 2) else { return nil }
            var end = stem.bytes.endOfDigits(from: start + 2)
            if stem[end]?.isASCIILowercase ?? false { end += 1 }
            return stem.text(start + 2..<end)
        }
    }

    // MARK: Search

    /// `-N` followed by something that reaches the end
    private static func numbered(_ stem: VersionScanner, _ reachesEnd: (Int) -> Bool) -> String? {
        first(in: stem) { start in
            guard stem[start] == UInt8(ascii: "-"), let end = stem.endOfDotted(start + 1, least: 0), reachesEnd(end)
            else {
                return nil
            }
            return stem.text(start + 1..<stem.end)
        }
    }

    /// The answer at the leftmost place that has one.
    private static func first<Answer>(in text: VersionScanner, _ match: (Int) -> Answer?) -> Answer? {
        for start in 0..<text.end {
            if let answer = match(start) { return answer }
        }
        return nil
    }
}
