/// The platform in a bottle's name: `all`, `x86_64_linux`, `arm64_sequoia`, `monterey`.
///
/// The grammar is `all` or `[ARCH_]SYSTEM`; a missing architecture means x86_64, and `intel`, `arm` and `aarch64` are
/// other spellings.
package struct PlatformTag: Hashable, Sendable, CustomStringConvertible {
    /// Nil for `all`.
    package let platform: Platform?

    package static let all = PlatformTag(platform: nil)

    private init(platform: Platform?) { self.platform = platform }

    package init(_ platform: Platform) { self.platform = platform }

    /// The tags that bottle blocks are full of, by their usual spelling.
    private static let usual: [String: PlatformTag] = {
        var tags = ["all": PlatformTag.all]
        for tag in ["x86_64_linux", "arm64_linux"] { tags[tag] = PlatformTag(reading: tag) }
        for release in MacOSRelease.all {
            for tag in [release.symbol, "arm64_" + release.symbol] { tags[tag] = PlatformTag(reading: tag) }
        }
        return tags
    }()

    package init?(_ text: some StringProtocol) {
        if let text = text as? String, let usual = Self.usual[text] {
            self = usual
        } else {
            self.init(reading: text)
        }
    }

    private init?(reading text: some StringProtocol) {
        if text == "all" {
            self = .all
            return
        }
        var system = Substring(text)
        var architecture = Platform.Architecture.x86_64
        for (spelling, meaning) in Self.spellings where system.hasPrefix(spelling) {
            system = system.dropFirst(spelling.count)
            architecture = meaning
            break
        }
        if system == "linux" {
            // Bare `linux` is not a tag.
            guard system.count < text.count else { return nil }
            platform = Platform(.linux, architecture)
        } else if let release = MacOSRelease(symbol: system) {
            guard architecture == .x86_64 || release.supportsARM else { return nil }
            platform = Platform(.macOS(release), architecture)
        } else {
            return nil
        }
    }

    private static let spellings: [(String, Platform.Architecture)] = [
        ("x86_64_", .x86_64), ("intel_", .x86_64), ("arm64_", .arm64), ("aarch64_", .arm64), ("arm_", .arm64),
    ]

    package var description: String {
        guard let platform else { return "all" }
        switch platform.system {
        case .linux: return platform.architecture == .x86_64 ? "x86_64_linux" : "arm64_linux"
        case .macOS(let release): return platform.architecture == .x86_64 ? release.symbol : release.armTag
        }
    }

    /// The prefix that bottles of this platform are built for; for `all`, Linux's.
    package var defaultPrefix: String { (platform ?? Self.linux).defaultPrefix }
    package var defaultCellar: String { (platform ?? Self.linux).defaultCellar }

    private static let linux = Platform(.linux, .x86_64)

    /// The tag to pour on a machine: its own, an older macOS of the same architecture, or `all`.
    ///
    /// `available` is in the order of the bottle block.
    package static func best(for platform: Platform, among available: [PlatformTag]) -> PlatformTag? {
        if let exact = available.first(where: { $0.platform == platform }) { return exact }
        if available.contains(.all) { return .all }
        guard let release = platform.macOSRelease else { return nil }
        return available.first { tag in
            guard let other = tag.platform, let older = other.macOSRelease else { return false }
            return other.architecture == platform.architecture && older <= release
        }
    }
}
