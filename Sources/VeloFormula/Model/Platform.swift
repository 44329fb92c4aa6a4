/// The machine that a formula is evaluated for.
package struct Platform: Hashable, Sendable {
    package enum OperatingSystem: Hashable, Sendable {
        case linux
        case macOS(MacOSRelease)
    }
    package enum Architecture: String, Hashable, Sendable, CaseIterable {
        case x86_64
        case arm64
    }

    package var system: OperatingSystem
    package var architecture: Architecture

    package init(_ system: OperatingSystem, _ architecture: Architecture) {
        self.system = system
        self.architecture = architecture
    }

    package var isLinux: Bool { system == .linux }
    package var isMacOS: Bool { !isLinux }

    package var macOSRelease: MacOSRelease? {
        guard case .macOS(let release) = system else { return nil }
        return release
    }

    /// Where Homebrew puts itself on such a machine; bottles are built for this prefix.
    package var defaultPrefix: String {
        switch (system, architecture) {
        case (.linux, _): "/home/linuxbrew/.linuxbrew"
        case (.macOS, .arm64): "/opt/homebrew"
        case (.macOS, .x86_64): "/usr/local"
        }
    }

    package var defaultCellar: String {
        switch (system, architecture) {
        case (.linux, _): "/home/linuxbrew/.linuxbrew/Cellar"
        case (.macOS, .arm64): "/opt/homebrew/Cellar"
        case (.macOS, .x86_64): "/usr/local/Cellar"
        }
    }

    /// Where Homebrew's own files are.
    package var defaultRepository: String {
        switch (system, architecture) {
        case (.linux, _), (.macOS, .x86_64): defaultPrefix + "/Homebrew"
        case (.macOS, .arm64): defaultPrefix
        }
    }
}

extension Platform {
    /// The platforms that Homebrew 4.0 knows, in the order of its `variations`: arm before intel, newest macOS first.
    package static let homebrew4: [Platform] = {
        let releases = MacOSRelease.all.filter { (2...8).contains($0.order) || $0.symbol == "el_capitan" }.reversed()
        let arm = releases.filter(\.supportsARM).map { Platform(.macOS($0), .arm64) }
        return arm + releases.map { Platform(.macOS($0), .x86_64) } + [Platform(.linux, .x86_64)]
    }()
}

/// A release of macOS by its Homebrew symbol.
package struct MacOSRelease: Hashable, Sendable, Comparable {
    /// Grows with each release.
    package let order: Int

    /// `ventura`
    package var symbol: String { Self.names[order].symbol }
    /// `13`, or `10.15`
    package var version: String { Self.names[order].version }
    /// `arm64_ventura`
    var armTag: String { Self.names[order].armTag }

    /// Oldest first.
    package static let all = names.indices.map { MacOSRelease(order: $0) }

    private static let names: [(symbol: String, version: String, armTag: String)] = [
        ("yosemite", "10.10"), ("el_capitan", "10.11"), ("sierra", "10.12"), ("high_sierra", "10.13"),
        ("mojave", "10.14"),
        ("catalina", "10.15"), ("big_sur", "11"), ("monterey", "12"), ("ventura", "13"), ("sonoma", "14"),
        ("sequoia", "15"), ("tahoe", "26"), ("golden_gate", "27"),
    ].map { ($0, $1, "arm64_" + $0) }

    package static let mojave = all[4]

    private static let bySymbol: [String: MacOSRelease] = Dictionary(uniqueKeysWithValues: all.map { ($0.symbol, $0) })

    private init(order: Int) { self.order = order }

    package init?(symbol: some StringProtocol) {
        guard let release = Self.bySymbol[String(symbol)] else { return nil }
        self = release
    }

    /// The release that `10.14.6`, `13` or `13.2` belongs to.
    package init?(version: String) {
        let parts = version.split(separator: ".")
        guard let first = parts.first else { return nil }
        let key = first == "10" && parts.count > 1 ? "10.\(parts[1])" : String(first)
        guard let release = Self.all.first(where: { $0.version == key }) else { return nil }
        self = release
    }

    /// Apple silicon is supported from here on.
    package var supportsARM: Bool { order >= 6 }

    package static func < (left: Self, right: Self) -> Bool { left.order < right.order }
}
