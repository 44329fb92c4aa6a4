/// A formula in the field names of `brew info --json=v2`, as of Homebrew 4.0.
///
/// Fields about the machine and the checkout (`installed`, `linked_keg`, `pinned`, `outdated`, `tap_git_head`) are left
/// out: they are not the formula's.
package enum FormulaJSON {
    package static func document(
        for formula: Formula, caveats: String?, formulae: any FormulaLookup, context: EvaluationContext
    ) -> JSONValue {
        var pairs: [(key: String, value: JSONValue)] = [
            ("name", .string(formula.name)),
            ("full_name", .string(formula.fullName)),
            ("tap", .string(formula.tap.description)),
            ("oldname", .optional(formulae.formerName(of: formula.name))),
            ("aliases", .strings(formulae.aliases(of: formula.name))),
            ("versioned_formulae", .strings(formulae.versionedFormulae(of: formula.name))),
            ("desc", .optional(formula.desc)),
            ("license", .optional(formula.license?.text(era: .homebrew4))),
            ("homepage", .optional(formula.homepage)),
            ("versions", versions(of: formula)),
            ("urls", urls(of: formula)),
            ("revision", .int(formula.revision)),
            ("version_scheme", .int(formula.versionScheme)),
            ("bottle", bottle(of: formula)),
            ("keg_only", .bool(formula.isKegOnly)),
            ("keg_only_reason", kegOnlyReason(formula.kegOnly)),
            (
                "options",
                .array(
                    formula.options.map { option in
                        .object([("option", .string("--" + option.name)), ("description", .string(option.description))])
                    })
            ),
        ]
        pairs += dependencies(of: formula)
        pairs += [
            ("requirements", .array(formula.requirements.map(requirement))),
            ("conflicts_with", .strings(formula.conflicts.map(\.name))),
            ("caveats", .optional(caveats.map { masked($0, context) })),
        ]
        pairs += retirement(of: formula)
        return .object(pairs)
    }

    private static func versions(of formula: Formula) -> JSONValue {
        .object([
            ("stable", .optional(formula.stable?.version.text)),
            ("head", .optional(formula.head?.version.text)),
            ("bottle", .bool(!(formula.bottle?.files.isEmpty ?? true))),
        ])
    }

    private static func urls(of formula: Formula) -> JSONValue {
        var pairs: [(key: String, value: JSONValue)] = []
        if let download = formula.stable?.download {
            pairs.append(
                (
                    "stable",
                    .object([
                        ("url", .string(download.url)), ("tag", .optional(download.tag)),
                        ("revision", .optional(download.revision)), ("checksum", .optional(download.sha256)),
                    ])
                ))
        }
        if let download = formula.head?.download {
            pairs.append(("head", .object([("url", .string(download.url)), ("branch", .optional(download.branch))])))
        }
        return .object(pairs)
    }

    private static func bottle(of formula: Formula) -> JSONValue {
        guard formula.stable != nil, let bottle = formula.bottle, !bottle.files.isEmpty else { return .object([]) }
        let root = bottle.rootURL ?? BottleSpec.defaultRootURL
        let files = bottle.files.map { file -> (key: String, value: JSONValue) in
            let path =
                isRegistry(root)
                ? "\(BottleName.imageName(of: formula.name))/blobs/sha256:\(file.sha256)"
                : BottleName(
                    name: formula.name, packageVersion: formula.pkgVersion, tag: file.tag, rebuild: bottle.rebuild)?
                    .flatFilename ?? ""
            return (
                file.tag.description,
                .object([
                    ("cellar", .string(file.cellar.text)), ("url", .string("\(root)/\(path)")),
                    ("sha256", .string(file.sha256)),
                ])
            )
        }
        return .object([
            (
                "stable",
                .object([("rebuild", .int(bottle.rebuild)), ("root_url", .string(root)), ("files", .object(files))])
            )
        ])
    }

    private static func isRegistry(_ root: String) -> Bool {
        root.hasPrefix("https://ghcr.io/v2/") || root.hasPrefix("https://ghcr.io/")
    }

    private static func kegOnlyReason(_ reason: KegOnlyReason?) -> JSONValue {
        guard let reason else { return .null }
        return .object([
            ("reason", .string(reason.symbol.map { ":" + $0 } ?? reason.text)),
            ("explanation", .string(reason.explanation)),
        ])
    }

    private static func dependencies(of formula: Formula) -> [(key: String, value: JSONValue)] {
        func names(_ isMeant: (Dependency) -> Bool) -> JSONValue {
            var seen: Set<String> = []
            return .strings(formula.dependencies.filter(isMeant).map(\.name).filter { seen.insert($0).inserted })
        }
        return [
            ("build_dependencies", names(\.isBuild)),
            ("dependencies", names(\.isRequired)),
            ("test_dependencies", names(\.isTest)),
            ("recommended_dependencies", names(\.isRecommended)),
            ("optional_dependencies", names(\.isOptional)),
            ("uses_from_macos", usesFromMacOS(of: formula)),
        ]
    }

    private static func usesFromMacOS(of formula: Formula) -> JSONValue {
        var seen: Set<MacOSProvided> = []
        let all = (formula.active?.usesFromMacOS ?? []).map { MacOSProvided(name: $0.name, tags: $0.tags, since: nil) }
        return .array(
            all.filter { seen.insert($0).inserted }.map { element in
                switch element.tags.count {
                case 0: .string(element.name)
                case 1: .object([(element.name, .string(element.tags[0]))])
                default: .object([(element.name, .strings(element.tags))])
                }
            })
    }

    private static func requirement(_ requirement: Requirement) -> JSONValue {
        .object([
            ("name", .string((requirement.isMaximum ? "maximum_" : "") + requirement.name)),
            ("cask", .optional(requirement.cask)),
            ("download", .optional(requirement.download)),
            ("version", .optional(requirement.version)),
            ("contexts", .strings(requirement.tags)),
        ])
    }

    private static func masked(_ text: String, _ context: EvaluationContext) -> String {
        let bytes = Array(text.utf8)
        let wanted = Array(context.prefix.utf8)
        var result: [UInt8] = []
        var start = 0
        while let found = UTF8Text.find(wanted, in: bytes, from: start) {
            result += bytes[start..<found] + Array("$HOMEBREW_PREFIX".utf8)
            start = found + wanted.count
        }
        return UTF8Text.string(result + bytes[start...])
    }

    private static func retirement(of formula: Formula) -> [(key: String, value: JSONValue)] {
        [
            ("deprecated", .bool(formula.isDeprecated)),
            ("deprecation_date", .optional(formula.deprecation?.date?.description)),
            ("deprecation_reason", .optional(formula.deprecationReason)),
            ("disabled", .bool(formula.isDisabled)),
            ("disable_date", .optional(formula.disabling?.date?.description)),
            ("disable_reason", .optional(formula.isDisabled ? formula.disabling?.reason : nil)),
        ]
    }
}
