/// A formula in the making: what the stanzas of the class body have said so far.
final class FormulaDraft {
    var desc: String?
    var homepage: String?
    var license: LicenseExpression?
    var revision = 0
    var versionScheme = 0
    let stable: SpecDraft
    let head: SpecDraft
    var bottle: BottleSpec?
    var conflicts: [Conflict] = []
    var kegOnly: KegOnlyReason?
    var deprecation: Retirement?
    var disabling: Retirement?
    var deprecationReason: String?
    var linkOverwrite: [String] = []
    var skipClean = SkipClean()
    var compilerFailures: [CompilerFailure] = []
    var pourCondition: PourCondition?
    var usesStandardEnvironment = false
    var service: ProcBox?
    var hasLivecheck = false

    init() {
        stable = SpecDraft(isHead: false)
        head = SpecDraft(isHead: true)
    }

    /// For a class that inherits from another formula of the file.
    init(inheriting other: FormulaDraft) {
        stable = SpecDraft(copying: other.stable)
        head = SpecDraft(copying: other.head)
        desc = other.desc
        homepage = other.homepage
        license = other.license
        revision = other.revision
        versionScheme = other.versionScheme
        conflicts = other.conflicts
        kegOnly = other.kegOnly
        skipClean = other.skipClean
        linkOverwrite = other.linkOverwrite
    }
}

/// The stable or head source in the making; `self` in their blocks.
final class SpecDraft: ObjectBox {
    let isHead: Bool
    let source: ResourceDraft
    var dependencies: [Dependency] = []
    var requirements: [Requirement] = []
    var usesFromMacOS: [MacOSProvided] = []
    var resources: [ResourceDraft] = []
    var patches: [PatchDraft] = []
    var options: [FormulaOption] = []

    init(isHead: Bool) {
        self.isHead = isHead
        source = ResourceDraft(name: "")
        if isHead { source.version = PackageVersion("HEAD") }
    }

    convenience init(copying other: SpecDraft) {
        self.init(isHead: other.isHead)
        source.download = other.source.download
        source.version = other.source.version
        dependencies = other.dependencies
        requirements = other.requirements
        usesFromMacOS = other.usesFromMacOS
        resources = other.resources
        patches = other.patches
        options = other.options
    }

    override var nativeClassName: String { isHead ? "HeadSoftwareSpec" : "SoftwareSpec" }
    override var nativeMethods: MethodTable { SpecStanzas.table }

    func add(_ dependency: Dependency) {
        dependencies.append(dependency)
        guard dependency.isOptional || dependency.isRecommended else { return }
        let name = dependency.name.split(separator: "/").last.map(String.init) ?? dependency.name
        let option =
            dependency.isOptional
            ? FormulaOption(name: "with-\(name)", description: "Build with \(name) support")
            : FormulaOption(name: "without-\(name)", description: "Build without \(name) support")
        if !options.contains(where: { $0.name == option.name }) { options.append(option) }
    }

    /// Homebrew 4.0 counts what unpacking or fetching needs, where its machine does not have it, as dependencies.
    func add(tool: String?, _ era: EvaluationContext.Era) {
        guard era == .homebrew4, let tool else { return }
        dependencies.append(Dependency(name: tool, tags: ["build", "test"]))
    }

    /// The finished source; nil where there is no URL.
    func finished(_ era: EvaluationContext.Era) -> SourceSpec? {
        guard let download = source.download else { return nil }
        let version = source.resolvedVersion(era) ?? PackageVersion("")
        return SourceSpec(
            download: download, version: version, hasExplicitVersion: source.version != nil && !isHead,
            dependencies: dependencies, usesFromMacOS: usesFromMacOS, requirements: requirements,
            resources: resources.compactMap { $0.finished(defaultVersion: version, era) },
            patches: patches.compactMap(\.finished), options: options)
    }
}

/// A resource, or the source of a formula, in the making; `self` in `resource do`.
final class ResourceDraft: ObjectBox {
    let name: String
    var download: Download?
    var mirrors: [String] = []
    var sha256: String?
    var version: PackageVersion?
    var patches: [PatchDraft] = []

    init(name: String) { self.name = name }

    override var nativeClassName: String { "Resource" }
    override var nativeMethods: MethodTable { ResourceStanzas.table }

    /// As written, or as the URL tells.
    func resolvedVersion(_ era: EvaluationContext.Era) -> PackageVersion? {
        if let version { return version }
        guard let download else { return nil }
        return VersionDetection.version(in: download.tag ?? download.url, era: era).map { PackageVersion($0) }
    }

    func finished(defaultVersion: PackageVersion, _ era: EvaluationContext.Era) -> Resource? {
        guard let download else { return nil }
        return Resource(
            name: name, download: download, explicitVersion: version, inheritedVersion: defaultVersion, era: era,
            patches: patches.compactMap(\.finished))
    }
}

/// A patch in the making; `self` in `patch do`.
final class PatchDraft: ObjectBox {
    let strip: Int
    var text: String?
    let source = ResourceDraft(name: "patch")
    var apply: [String] = []
    var folder = ""

    init(strip: Int, text: String? = nil) {
        self.strip = strip
        self.text = text
    }

    override var nativeClassName: String { "Resource::PatchResource" }
    override var nativeMethods: MethodTable { PatchStanzas.table }

    var finished: Patch? {
        if let text { return Patch(strip: strip, content: .embedded(text), folder: folder) }
        guard let download = source.download else { return nil }
        return Patch(strip: strip, content: .external(download, apply: apply), folder: folder)
    }
}

/// `self` in `bottle do`.
final class BottleDraft: ObjectBox {
    var spec = BottleSpec()
    /// What the old form `cellar :any` says for all files.
    var cellar: BottleSpec.Cellar?

    override var nativeClassName: String { "BottleSpecification" }
    override var nativeMethods: MethodTable { BottleStanzas.table }
}
