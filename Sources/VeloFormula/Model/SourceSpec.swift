/// Where the source of a formula comes from and what building it needs: the stable or the head version.
package struct SourceSpec: Sendable {
    package var download: Download
    package var version: PackageVersion
    /// The version was written down, not found in the URL.
    package var hasExplicitVersion = false
    /// With what comes from `uses_from_macos` where macOS does not provide it, in the order declared.
    package var dependencies: [Dependency] = []
    /// All that `uses_from_macos` named, whether or not it counts here.
    package var usesFromMacOS: [MacOSProvided] = []
    package var requirements: [Requirement] = []
    package var resources: [Resource] = []
    package var patches: [Patch] = []
    package var options: [FormulaOption] = []
}

/// What to fetch: an archive with its digest, or a place in a repository.
package struct Download: Hashable, Sendable {
    package var url: String
    package var mirrors: [String] = []
    /// Lower-case hexadecimal.
    package var sha256: String?
    /// What `using:` names: `git`, `svn`, `hg`, `nounzip`, `homebrew_curl`, or the name of a class.
    package var strategy: String?
    package var isStrategySymbol = true
    package var tag: String?
    package var revision: String?
    package var branch: String?
    /// `headers:`, `user_agent:`, `only_path:` and the like, as text.
    package var options: [String: [String]] = [:]

    package init(url: String, sha256: String? = nil, mirrors: [String] = []) {
        self.url = url
        self.sha256 = sha256
        self.mirrors = mirrors
    }

    /// The URL and the mirrors, in the order they are tried.
    package var locations: [String] { [url] + mirrors }

    /// Unpacking is not wanted.
    package var isKeptWhole: Bool { strategy == "nounzip" }

    /// The formula of the program that a bare Linux machine lacks to fetch or unpack it.
    var requiredTool: String? {
        switch strategy {
        case "svn": return "subversion"
        case "hg": return "mercurial"
        case "bzr": return "breezy"
        case "cvs", "fossil": return strategy
        case "git", "nounzip", "post": return nil
        case .some where !isStrategySymbol: return nil
        default: break
        }
        // What most are needs no tool.
        if url.hasSuffix(".gz"), url.hasPrefix("https://"), !url.hasPrefix("https://svn.") { return nil }
        func starts(_ prefixes: String...) -> Bool { prefixes.contains { url.hasPrefix($0) } }
        if starts("svn://", "svn+http://", "http://svn.", "https://svn.") { return "subversion" }
        if starts("hg://") { return "mercurial" }
        if starts("bzr://") { return "breezy" }
        if starts("cvs://") { return "cvs" }
        if starts("fossil://") { return "fossil" }
        switch PathText.plainExtension(PathText.base(url)) {
        case ".lz": return "lzip"
        case ".lha", ".lzh": return "lha"
        case ".rar": return "unrar"
        case ".7z": return "p7zip"
        default: return nil
        }
    }

    /// It comes out of a version control system.
    package var isRepository: Bool {
        switch strategy {
        case "git", "svn", "hg", "cvs", "bzr", "fossil": return true
        case .some: return false
        case nil: break
        }
        let bare = url.prefix { $0 != "?" && $0 != "#" }
        return bare.hasSuffix(".git") || tag != nil || branch != nil
            || [
                "git://", "ssh://git", "svn://", "svn+http://", "http://svn.", "https://svn.", "hg://", "cvs://",
                "bzr://", "fossil://",
            ].contains { url.hasPrefix($0) }
    }
}

/// A named second source.
package struct Resource: Sendable {
    package var name: String
    package var download: Download
    /// As written, or that of the source it belongs to where neither it nor its URL says one.
    package var explicitVersion: PackageVersion?
    package var inheritedVersion = PackageVersion("")
    package var era = EvaluationContext.Era.current
    package var patches: [Patch] = []

    /// Found in the URL when it is asked for: few formulae ever do.
    package var version: PackageVersion {
        if let explicitVersion { return explicitVersion }
        let found = VersionDetection.version(in: download.tag ?? download.url, era: era)
        return found.map { PackageVersion($0) } ?? inheritedVersion
    }
}

/// A change to the source, applied after unpacking, in the order declared.
package struct Patch: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// In the formula: a string, or what stands after `__END__`.
        case embedded(String)
        /// `apply` names the files to use where it is an archive; empty means the only file.
        case external(Download, apply: [String])
    }
    /// What `patch -p` takes.
    package var strip: Int
    package var content: Content
    /// Where to apply it, relative to the source; empty for its top.
    package var folder: String
}

/// `depends_on "name" => tags`
package struct Dependency: Hashable, Sendable {
    /// As written: `zlib`, `user/tap/name`.
    package var name: String
    /// `build`, `test`, `recommended`, `optional`, and options such as `with-x`.
    package var tags: [String]
    /// It came from `uses_from_macos`.
    package var isUsesFromMacOS: Bool

    package init(name: String, tags: [String] = [], isUsesFromMacOS: Bool = false) {
        self.name = name
        self.tags = tags
        self.isUsesFromMacOS = isUsesFromMacOS
    }

    package var isBuild: Bool { tags.contains("build") }
    package var isTest: Bool { tags.contains("test") }
    package var isOptional: Bool { tags.contains("optional") }
    package var isRecommended: Bool { tags.contains("recommended") }
    package var isRequired: Bool { !isBuild && !isTest && !isOptional && !isRecommended }

    /// Not needed once it is installed.
    package var isBuildOnly: Bool { isBuild }
    package var isTestOnly: Bool { isTest }
}

/// `uses_from_macos "name" => tags, since: :release`
package struct MacOSProvided: Hashable, Sendable {
    package var name: String
    package var tags: [String]
    package var since: String?
}

/// A need that is not a formula: `macos`, `linux`, `arch`, `xcode`, or a class that the file defines.
package struct Requirement: Hashable, Sendable {
    /// `macos`, `xcode`, `arch`, `linux`
    package var name: String
    /// A macOS release at most, not at least.
    package var isMaximum = false
    package var version: String?
    package var tags: [String]
    package var cask: String?
    package var download: String?
    /// On the platform of the evaluation; nil where only the machine itself can tell.
    package var isSatisfied: Bool?

    package var isBuild: Bool { tags.contains("build") }
    package var isTest: Bool { tags.contains("test") }
}
