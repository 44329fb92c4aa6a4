import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// What is said about a bottle in JSON: beside it as `brew bottle --json` does, and inside as an SPDX 2.3 document.
struct BottleDocuments {
    let facts: BottleFacts
    let name: BottleName

    private var formula: Formula { facts.formula }

    /// `{FULL_NAME: {"formula": {…}, "bottle": {"cellar": …, "tags": {TAG: {…}}}}}`
    ///
    /// Ours, which Homebrew ignores: `tar_sha256`, of what the archive unpacks to, and `zstd`, the same tar in Zstandard.
    func beside(
        _ bottle: BuiltBottle, files: [String], rootURL: String
    ) -> OrderedJSON {
        let license = formula.license?.text(era: .current)
        let about: [(String, OrderedJSON)] = [
            ("name", .string(formula.name)), ("pkg_version", .string(formula.pkgVersion)),
            ("path", .string(formula.path)), ("tap_git_path", .string("Formula/\(formula.name).rb")),
            ("tap_git_revision", .init(facts.tapCommit)), ("tap_git_remote", .null),
            // Homebrew's registry wants ASCII here.
            ("desc", .init(formula.desc.map { $0.filter(\.isASCII) })), ("license", .init(license)),
            ("homepage", .init(formula.homepage)),
        ]
        var tag: [(String, OrderedJSON)] = [
            ("filename", .string(name.flatFilename)), ("local_filename", .string(name.localFilename)),
            ("sha256", .string(bottle.digest.hex)), ("tab", bottle.tab.ordered),
            ("path_exec_files", .init(bottle.executables)), ("all_files", .init(files)),
            ("installed_size", .number(bottle.installedSize)), ("tar_sha256", .string(bottle.tarDigest.hex)),
        ]
        if let twin = bottle.twin {
            let members: [(String, OrderedJSON)] = [
                ("local_filename", .init(twin.file.lastComponent?.string)),
                ("sha256", .string(twin.written.digest.hex)), ("size", .number(twin.written.size)),
            ]
            tag.append(("zstd", .object(members)))
        }
        return .object([
            (
                formula.fullName,
                .object([
                    ("formula", .object(about)),
                    (
                        "bottle",
                        .object([
                            ("root_url", .string(rootURL)), ("cellar", .string(bottle.cellar)),
                            ("rebuild", .number(facts.rebuild)), ("date", .string(Self.time(facts.sourceModified))),
                            ("tags", .object([(facts.platform.description, .object(tag))])),
                        ])
                    ),
                ])
            )
        ])
    }

    /// The bill of materials that travels inside: sources, patches and what it runs with. It says nothing of the day.
    var billOfMaterials: OrderedJSON {
        let archive = "SPDXRef-Archive-\(formula.name)-src"
        var packages: [OrderedJSON] = []
        var relations: [OrderedJSON] = []
        let file = "SPDXRef-File-\(formula.name)"
        if let source = formula.active {
            packages.append(
                package(
                    archive, formula.name, formula.version.description, source.download.locator(facts.commits),
                    sha256: source.download.sha256, license: formula.license?.text(era: .current)))
            relations.append(relation(file, "PACKAGE_OF", archive))
        }
        for (index, patch) in formula.patches.enumerated() {
            guard case .external(let download, _) = patch.content else { continue }
            let id = "SPDXRef-Patch-\(formula.name)-\(index)"
            packages.append(package(id, "\(formula.name) patch", "\(index)", download.url, sha256: download.sha256))
            relations.append(relation(id, "PATCH_APPLIED", archive))
        }
        for dependency in facts.dependencies {
            let version = dependency.pkgVersion ?? dependency.version
            let name = Inventory.shortName(dependency.fullName)
            let id = "SPDXRef-Package-SPDXRef-\(Self.identifier(name))-\(Self.identifier(version))"
            packages.append(package(id, dependency.fullName, version, nil, sha256: nil))
            relations.append(relation(id, "RUNTIME_DEPENDENCY_OF", "SPDXRef-Bottle-\(formula.name)"))
        }
        for (name, version) in facts.externals.sorted(by: { $0.key < $1.key }) {
            let id = "SPDXRef-Tool-\(Self.identifier(name))"
            packages.append(package(id, name, version, nil, sha256: nil))
            relations.append(relation(id, "BUILD_TOOL_OF", "SPDXRef-Bottle-\(formula.name)"))
        }
        return .object([
            ("SPDXID", .string("SPDXRef-DOCUMENT")), ("spdxVersion", .string("SPDX-2.3")),
            ("name", .string("SBOM-SPDX-\(formula.name)-\(formula.version)")),
            (
                "creationInfo",
                .object([
                    ("created", .string(Self.time(facts.sourceModified))),
                    ("creators", .array([.string("Tool: velocity")])),
                ])
            ),
            ("dataLicense", .string("CC0-1.0")),
            (
                "documentNamespace",
                .string("https://formulae.brew.sh/spdx/\(formula.name)-\(formula.version).json")
            ),
            ("documentDescribes", .array(formula.active == nil ? [] : [.string(archive)])),
            (
                "files",
                .array([
                    .object([
                        ("SPDXID", .string(file)), ("fileName", .string(".brew/\(formula.name).rb")),
                        (
                            "checksums",
                            .array([
                                .object([
                                    ("algorithm", .string("SHA256")),
                                    ("checksumValue", .string(SHA256Digest.of(facts.source).hex)),
                                ])
                            ])
                        ),
                    ])
                ])
            ),
            ("packages", .array(packages)), ("relationships", .array(relations)),
        ])
    }

    private func package(
        _ id: String, _ name: String, _ version: String, _ url: String?, sha256: String?, license: String? = nil
    ) -> OrderedJSON {
        var members: [(String, OrderedJSON)] = [
            ("SPDXID", .string(id)), ("name", .string(name)), ("versionInfo", .string(version)),
            ("filesAnalyzed", .bool(false)), ("licenseDeclared", .string("NOASSERTION")),
            ("licenseConcluded", .string(license ?? "NOASSERTION")),
            ("downloadLocation", .string(url ?? "NOASSERTION")),
            ("copyrightText", .string("NOASSERTION")),
            (
                "externalRefs",
                .array([
                    .object([
                        ("referenceCategory", .string("PACKAGE-MANAGER")), ("referenceType", .string("purl")),
                        ("referenceLocator", .string("pkg:brew/\(name)@\(version)")),
                    ])
                ])
            ),
        ]
        if let sha256 {
            members.append(
                (
                    "checksums",
                    .array([
                        .object([("algorithm", .string("SHA256")), ("checksumValue", .string(sha256))])
                    ])
                ))
        }
        return .object(members)
    }

    private func relation(_ element: String, _ kind: String, _ related: String) -> OrderedJSON {
        .object([
            ("spdxElementId", .string(element)), ("relationshipType", .string(kind)),
            ("relatedSpdxElement", .string(related)),
        ])
    }

    /// Letters, digits, dots and hyphens are all that SPDX identifiers consist of.
    private static func identifier(_ text: String) -> String {
        String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "-" })
    }

    /// ISO 8601 in UTC.
    static func time(_ seconds: Int) -> String {
        let time = seconds % 86_400
        func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(CalendarDate(secondsSince1970: seconds))"
            + "T\(digits(time / 3600)):\(digits(time / 60 % 60)):\(digits(time % 60))Z"
    }
}
