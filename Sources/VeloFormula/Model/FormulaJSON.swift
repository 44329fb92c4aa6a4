/// A formula in the field names of `brew info --json=v2`, as of Homebrew 4.0.
///
/// Fields about the machine and the checkout (`installed`, `linked_keg`, `pinned`, `outdated`, `tap_git_head`) are left
/// out: they are not the formula's.
package struct FormulaJSON {
    package let formula: Formula
    private let caveats: String?
    private let names: TapNames
    private let prefix: String
    /// `name@…` that can be evaluated, newest first.
    private let versioned: [String]

    package init(
        _ formula: Formula, caveats: String?, names: TapNames, versioned: [String], context: EvaluationContext
    ) {
        self.formula = formula
        self.caveats = caveats
        self.names = names
        self.versioned = versioned
        prefix = context.prefix
    }

    /// Writes the members of the formula's object, and says where each lies in the bytes, key included.
    ///
    /// The members are the same ones in the same order for every formula.
    @discardableResult
    package func write(to writer: inout JSONWriter) -> [Range<Int>] {
        var members: [Range<Int>] = []
        members.reserveCapacity(34)
        func member(_ key: StaticString, _ write: (inout JSONWriter) -> Void) {
            let start = writer.count
            writer.key(key)
            write(&writer)
            members.append(start..<writer.count)
        }
        member("name") { $0.string(formula.name) }
        member("full_name") { $0.string(formula.fullName) }
        member("tap") { $0.string(formula.tap.description) }
        member("oldname") { $0.optional(names.formerName(of: formula.name)) }
        member("aliases") { $0.strings(names.aliases(of: formula.name)) }
        member("versioned_formulae") { $0.strings(versioned) }
        member("desc") { $0.optional(formula.desc) }
        member("license") { $0.optional(formula.license?.text(era: .homebrew4)) }
        member("homepage") { $0.optional(formula.homepage) }
        member("versions") { versions(&$0) }
        member("urls") { urls(&$0) }
        member("revision") { $0.int(formula.revision) }
        member("version_scheme") { $0.int(formula.versionScheme) }
        member("bottle") { bottle(&$0) }
        member("keg_only") { $0.bool(formula.isKegOnly) }
        member("keg_only_reason") { kegOnlyReason(&$0) }
        member("options") { options(&$0) }
        member("build_dependencies") { dependencies(where: \.isBuild, &$0) }
        member("dependencies") { dependencies(where: \.isRequired, &$0) }
        member("test_dependencies") { dependencies(where: \.isTest, &$0) }
        member("recommended_dependencies") { dependencies(where: \.isRecommended, &$0) }
        member("optional_dependencies") { dependencies(where: \.isOptional, &$0) }
        member("uses_from_macos") { usesFromMacOS(&$0) }
        member("requirements") { $0.array { for each in formula.requirements { Self.write(each, to: &$0) } } }
        member("conflicts_with") { $0.strings(formula.conflicts.lazy.map(\.name)) }
        member("caveats") { $0.optional(caveats.map { masked($0) }) }
        member("deprecated") { $0.bool(formula.isDeprecated) }
        member("deprecation_date") { $0.optional(formula.deprecation?.date?.description) }
        member("deprecation_reason") { $0.optional(formula.deprecationReason) }
        member("disabled") { $0.bool(formula.isDisabled) }
        member("disable_date") { $0.optional(formula.disabling?.date?.description) }
        member("disable_reason") { $0.optional(formula.isDisabled ? formula.disabling?.reason : nil) }
        return members
    }

    private func versions(_ writer: inout JSONWriter) {
        writer.object {
            $0.key("stable")
            $0.optional(formula.stable?.version.text)
            $0.key("head")
            $0.optional(formula.head?.version.text)
            $0.key("bottle")
            $0.bool(!(formula.bottle?.files.isEmpty ?? true))
        }
    }

    private func urls(_ writer: inout JSONWriter) {
        writer.object {
            if let download = formula.stable?.download {
                $0.key("stable")
                $0.object {
                    $0.key("url")
                    $0.string(download.url)
                    $0.key("tag")
                    $0.optional(download.tag)
                    $0.key("revision")
                    $0.optional(download.revision)
                    $0.key("checksum")
                    $0.optional(download.sha256)
                }
            }
            if let download = formula.head?.download {
                $0.key("head")
                $0.object {
                    $0.key("url")
                    $0.string(download.url)
                    $0.key("branch")
                    $0.optional(download.branch)
                }
            }
        }
    }

    private func bottle(_ writer: inout JSONWriter) {
        writer.object {
            guard formula.stable != nil, let bottle = formula.bottle, !bottle.files.isEmpty else { return }
            let root = bottle.rootURL ?? BottleSpec.defaultRootURL
            let place = place(of: bottle, root)
            $0.key("stable")
            $0.object {
                $0.key("rebuild")
                $0.int(bottle.rebuild)
                $0.key("root_url")
                $0.string(root)
                $0.key("files")
                $0.object { for file in bottle.files { Self.write(file, at: place, to: &$0) } }
            }
        }
    }

    /// The URLs of a version's bottles: what is the same for all.
    private enum BottlePlace {
        /// In a registry, by digest.
        case blobs(String)
        /// As plain files, with the tag between two texts.
        case files(before: String, after: String)
    }

    private func place(of bottle: BottleSpec, _ root: String) -> BottlePlace {
        if root == BottleSpec.defaultRootURL || root.hasPrefix("https://ghcr.io/") {
            return .blobs("\(root)/\(BottleName.imageName(of: formula.name))/blobs/sha256:")
        }
        let name = BottleName(
            name: formula.name, packageVersion: formula.pkgVersion, tag: .all, rebuild: bottle.rebuild)
        guard let (before, after) = name?.flatParts else { return .files(before: root + "/", after: "") }
        return .files(before: "\(root)/\(before)", after: after)
    }

    private static func write(_ file: BottleSpec.File, at place: BottlePlace, to writer: inout JSONWriter) {
        let tag = file.tag.description
        writer.key(tag)
        writer.object {
            $0.key("cellar")
            $0.string(file.cellar.text)
            $0.key("url")
            $0.begin()
            switch place {
            case .blobs(let before):
                $0.append(before)
                $0.append(file.sha256)
            case .files(let before, let after):
                $0.append(before)
                $0.append(tag)
                $0.append(after)
            }
            $0.end()
            $0.key("sha256")
            $0.string(file.sha256)
        }
    }

    private func kegOnlyReason(_ writer: inout JSONWriter) {
        guard let reason = formula.kegOnly else { return writer.null() }
        writer.object {
            $0.key("reason")
            $0.string(reason.symbol.map { ":" + $0 } ?? reason.text)
            $0.key("explanation")
            $0.string(reason.explanation)
        }
    }

    private func options(_ writer: inout JSONWriter) {
        writer.array {
            for option in formula.options {
                $0.object {
                    $0.key("option")
                    $0.string("--" + option.name)
                    $0.key("description")
                    $0.string(option.description)
                }
            }
        }
    }

    private func dependencies(where isMeant: (Dependency) -> Bool, _ writer: inout JSONWriter) {
        writer.array {
            var seen: [String] = []
            for dependency in formula.dependencies where isMeant(dependency) && !seen.contains(dependency.name) {
                seen.append(dependency.name)
                $0.string(dependency.name)
            }
        }
    }

    private func usesFromMacOS(_ writer: inout JSONWriter) {
        writer.array {
            var seen: [MacOSProvided] = []
            for element in formula.stable?.usesFromMacOS ?? formula.head?.usesFromMacOS ?? [] {
                let plain = MacOSProvided(name: element.name, tags: element.tags, since: nil)
                if seen.contains(plain) { continue }
                seen.append(plain)
                guard !plain.tags.isEmpty else {
                    $0.string(plain.name)
                    continue
                }
                $0.object {
                    $0.key(plain.name)
                    if plain.tags.count == 1 { $0.string(plain.tags[0]) } else { $0.strings(plain.tags) }
                }
            }
        }
    }

    private static func write(_ requirement: Requirement, to writer: inout JSONWriter) {
        writer.object {
            $0.key("name")
            $0.string((requirement.isMaximum ? "maximum_" : "") + requirement.name)
            $0.key("cask")
            $0.optional(requirement.cask)
            $0.key("download")
            $0.optional(requirement.download)
            $0.key("version")
            $0.optional(requirement.version)
            $0.key("contexts")
            $0.strings(requirement.tags)
        }
    }

    /// The prefix as a placeholder: what is printed serves at any.
    private func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let wanted = Array(prefix.utf8)
        var result: [UInt8] = []
        var start = 0
        while let found = UTF8Text.find(wanted, in: bytes, from: start) {
            result += bytes[start..<found] + Array("$HOMEBREW_PREFIX".utf8)
            start = found + wanted.count
        }
        return UTF8Text.string(result + bytes[start...])
    }
}
