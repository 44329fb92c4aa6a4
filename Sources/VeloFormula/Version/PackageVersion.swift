/// A version as upstream writes it, with Homebrew's ordering.
///
/// Two versions that compare as equal may be written differently: `1.0` and `1`.
package struct PackageVersion: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }

    /// `HEAD` or `HEAD-abc1234`
    package var isHead: Bool { text == "HEAD" || text.hasPrefix("HEAD-") }
    /// The `abc1234` of `HEAD-abc1234`.
    package var commit: String? { text.hasPrefix("HEAD-") ? String(text.dropFirst(5)) : nil }
    package var isEmpty: Bool { text.isEmpty }

    var tokens: [VersionToken] { VersionToken.tokens(of: text) }

    /// The first, second and third token, as text.
    package var major: String? { tokens.first?.text }
    package var minor: String? { token(1) }
    package var patch: String? { token(2) }
    package var majorMinor: PackageVersion { leading(2) }
    package var majorMinorPatch: PackageVersion { leading(3) }

    private func token(_ index: Int) -> String? {
        let all = tokens
        return index < all.count ? all[index].text : nil
    }

    private func leading(_ count: Int) -> PackageVersion {
        PackageVersion(tokens.prefix(count).map(\.text).joined(separator: "."))
    }

    /// Negative, zero or positive.
    package func order(_ other: PackageVersion) -> Int {
        if text == other.text { return 0 }
        switch (isHead, other.isHead) {
        case (true, true): return 0
        case (true, false): return 1
        case (false, true): return -1
        case (false, false): break
        }
        let left = tokens
        let right = other.tokens
        let length = max(left.count, right.count)
        var l = 0
        var r = 0
        while l < length {
            let a = l < left.count ? left[l] : .missing
            let b = r < right.count ? right[r] : .missing
            let order = VersionToken.order(a, b)
            if order == 0 {
                l += 1
                r += 1
            } else if a.isNumeric, !b.isNumeric {
                if a.number > 0 { return 1 }
                l += 1
            } else if !a.isNumeric, b.isNumeric {
                if b.number > 0 { return -1 }
                r += 1
            } else {
                return order
            }
        }
        return 0
    }

    package func isSame(as other: PackageVersion) -> Bool { order(other) == 0 }
}

/// A version with the formula's revision: what a keg is named by. The formula's `version_scheme` ranks above both.
package struct PkgVersion: Hashable, Sendable, CustomStringConvertible {
    package let version: PackageVersion
    package let revision: Int

    package init(version: PackageVersion, revision: Int) {
        self.version = version
        self.revision = revision
    }

    /// `1.2.3_4`
    package init(_ text: String) {
        if let mark = text.lastIndex(of: "_"), let number = Int(text[text.index(after: mark)...]), number >= 0,
            mark > text.startIndex
        {
            version = PackageVersion(String(text[..<mark]))
            revision = number
        } else {
            version = PackageVersion(text)
            revision = 0
        }
    }

    package var description: String { revision > 0 ? "\(version)_\(revision)" : version.text }

    package func order(_ other: PkgVersion) -> Int {
        let order = version.order(other.version)
        return order != 0 ? order : (revision - other.revision).signum()
    }
}
