import FoundationEssentials
import VeloFormula
import VeloSystem

/// What may be taken from upstream.
struct MirrorPolicy: Sendable, Equatable {
    /// Taps that upstream is asked for, such as `homebrew/core`; nothing else is.
    var taps: Set<String> = [RepositoryName.core]
    /// Bottle tags; empty for all.
    var platforms: Set<String> = []
    /// Images that are refused: `name`, or `name*`.
    var refused: [String] = []
    /// Seconds for which a release must have been public.
    var cooldown = 0.0

    /// Nil when it may be asked for; else why not.
    func refusal(_ name: RepositoryName) -> String? {
        guard taps.contains(name.tap) || taps.contains("*") else { return "" }
        for pattern in refused where Self.matches(pattern, name.image) {
            return "`\(name.image)` is refused by this mirror's policy (`\(pattern)`)"
        }
        return nil
    }

    /// Whether a release has been public for long enough.
    func cooldownRefusal(_ reading: ManifestReading, _ name: RepositoryName, now: Double) -> String? {
        guard cooldown > 0 else { return nil }
        guard let text = reading.annotations["org.opencontainers.image.created"],
            let date = try? Date(text, strategy: .iso8601)
        else { return "`\(name)` does not say when it was published, and this mirror waits for \(Self.days(cooldown))" }
        let age = now - date.timeIntervalSince1970
        guard age < cooldown else { return nil }
        return "`\(name)` was published \(Self.days(max(0, age))) ago, and this mirror waits for \(Self.days(cooldown))"
    }

    /// Whether a bottle that an index lists may be taken.
    func platformRefusal(_ bottle: ManifestReading.ListedBottle) -> String? {
        guard !platforms.isEmpty, let tag = bottle.tagAndRebuild?.tag.description, tag != "all",
            !platforms.contains(tag)
        else { return nil }
        return "bottles for `\(tag)` are not mirrored here"
    }

    /// Whether a bottle has to be in an index that is known before it is taken.
    var needsIndex: Bool { cooldown > 0 || !platforms.isEmpty }

    private static func days(_ seconds: Double) -> String {
        let hours = Int(seconds / 3600)
        return hours < 48 ? "\(hours) hours" : "\(hours / 24) days"
    }

    private static func matches(_ pattern: String, _ image: String) -> Bool {
        let pattern = BottleName.imageName(of: pattern)
        return pattern.hasSuffix("*") ? image.hasPrefix(pattern.dropLast()) : image == pattern
    }
}
