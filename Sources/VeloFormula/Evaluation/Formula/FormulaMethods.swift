/// Methods of formula instances: facts and places. Commands, edits, arguments and assertions have files of their own.
enum FormulaMethods {
    static let table = MethodTable(including: [
        FileUtilsMethods.table, PlatformStanzas.table, commands, edits, arguments, AssertionMethods.table,
    ]) { table in
        defineFacts(&table)
        definePlaces(&table)
        defineVersions(&table)
        defineParts(&table)
    }

    static func object(_ call: Call) throws -> FormulaObject {
        if case .object(let object as FormulaObject) = call.receiver { return object }
        if let formula = call.interpreter.formula { return formula }
        throw call.refusing("unsupported.method", "`\(call.name)` belongs to a formula")
    }

    static func formula(_ call: Call) throws -> Formula { try object(call).formula(call) }

    private static func defineFacts(_ table: inout MethodTable) {
        table.define("name", "to_s", "inspect", "oldname") { call in .text(try object(call).name) }
        table.define("full_name", "full_installed_name", "installed_alias_name") { call in
            .text(try formula(call).fullName)
        }
        table.define("desc") { call in .optionalText(try formula(call).desc) }
        table.define("homepage") { call in .optionalText(try formula(call).homepage) }
        table.define("license") { call in
            .optionalText(try formula(call).license?.text(era: call.interpreter.context.era))
        }
        table.define("bottle") { call in
            guard let bottle = try formula(call).bottle else { return .nil }
            let facts: [(String, Value)] = [
                ("rebuild", .int(bottle.rebuild)), ("root_url", .optionalText(bottle.rootURL)),
            ]
            return .object(OpenStructObject(HashBox(symbols: facts)))
        }
        table.define("gzip") { call in
            guard let compress = SystemMethods.utils["compress"] else { return .nil }
            let paths = try compress(call)
            return paths.elements.flatMap { $0.count == 1 ? $0[0] : nil } ?? paths
        }
        table.define("cached_download") { call in
            let formula = try formula(call)
            guard let source = formula.active else { return .nil }
            let resource = Resource(name: "", download: source.download, explicitVersion: source.version)
            return .path(try call.interpreter.requireHost(call).downloadedFile(of: resource))
        }
        table.define("tap") { call in .object(TapObject(try formula(call).tap)) }
        table.define("shell_profile") { call in .text(try ShellMethods.profile(call)) }
        table.define("preferred") { call in .symbol(ShellMethods.preferred(call)) }
        table.define("preferred_shell") { call in .text(call.interpreter.context.shell) }
        table.define("core_formula?") { call in .bool(try formula(call).tap.isCore) }
        table.define("revision") { call in .int(try formula(call).revision) }
        table.define("version_scheme") { call in .int(try formula(call).versionScheme) }
        table.define("stable?") { call in .bool(try formula(call).stable != nil) }
        table.define("head?") { call in .bool(try formula(call).stable == nil) }
        table.define("stable") { call in try formula(call).stable.map { .object(SourceObject($0)) } ?? .nil }
        table.define("head") { call in try formula(call).head.map { .object(SourceObject($0)) } ?? .nil }
        table.define("active_spec") { call in try formula(call).active.map { .object(SourceObject($0)) } ?? .nil }
        table.define("build") { call in .object(BuildOptionsObject(call.interpreter)) }
        table.define("keg_only?") { call in .bool(try formula(call).isKegOnly) }
        table.define("versioned_formula?") { call in .bool(try formula(call).isVersioned) }
        table.define("deprecated?") { call in .bool(try formula(call).isDeprecated) }
        table.define("disabled?") { call in .bool(try formula(call).isDisabled) }
        table.define("options") { call in .texts(try formula(call).options.map(\.name)) }
        table.define("aliases") { call in .texts(call.interpreter.lookup.aliases(of: try object(call).name)) }
        table.define("versioned_formulae_names") { call in
            .texts(call.interpreter.lookup.versionedFormulae(of: try object(call).name))
        }
        table.define("versioned_formulae") { call in
            .list(
                call.interpreter.lookup.versionedFormulae(of: try object(call).name).map {
                    .object(FormulaObject(other: $0))
                })
        }
        table.define("plist_name") { call in .text("homebrew.mxcl.\(try object(call).name)") }
        table.define("service_name") { call in .text("homebrew.\(try object(call).name)") }
        table.define("skip_cxxstdlib_check?", "bottle_unneeded?", "pinned?", "debug?", "verbose?", "quiet?") { _ in
            .bool(false)
        }
        table.define("time") { call in
            .object(
                TimeObject(
                    seconds: NumberText.integer(
                        call.interpreter.environment["SOURCE_DATE_EPOCH"]
                            ?? "\(TimeObject.seconds(of: call.interpreter.context.date))")))
        }
        table.define("loader_path") { call in .text(call.platform.isLinux ? "$ORIGIN" : "@loader_path") }
        table.define("deuniversalize_machos", "ohai_title", "set_permissions", "bottle_hash") { _ in .nil }
        table.define("system_command_verbose?") { _ in .bool(false) }
        table.define("caveats", "install", "post_install", "test", "patch") { _ in .nil }
    }

    // MARK: Places

    private static let below: [(String, String)] =
        [
            ("bin", "bin"), ("sbin", "sbin"), ("lib", "lib"), ("libexec", "libexec"), ("include", "include"),
            ("share", "share"),
            ("info", "share/info"), ("man", "share/man"), ("frameworks", "Frameworks"),
            ("kext_prefix", "Library/Extensions"),
            ("bash_completion", "etc/bash_completion.d"), ("zsh_completion", "share/zsh/site-functions"),
            ("zsh_function", "share/zsh/site-functions"), ("fish_completion", "share/fish/vendor_completions.d"),
            ("fish_function", "share/fish/vendor_functions.d"), ("pwsh_completion", "share/pwsh/completions"),
            ("bottle_prefix", ".bottle"),
        ] + (1...8).map { ("man\($0)", "share/man/man\($0)") }

    private static func definePlaces(_ table: inout MethodTable) {
        for (name, path) in below {
            table.define(name) { call in .path("\(try object(call).prefix(call))/\(path)") }
        }
        table.define("doc") { call in .path("\(try object(call).prefix(call))/share/doc/\(try object(call).name)") }
        table.define("pkgshare") { call in .path("\(try object(call).prefix(call))/share/\(try object(call).name)") }
        table.define("elisp") { call in
            .path("\(try object(call).prefix(call))/share/emacs/site-lisp/\(try object(call).name)")
        }
        table.define("prefix") { call in
            guard call.count > 0 else { return .path(try object(call).prefix(call)) }
            return .path("\(try object(call).rack(call))/\(try call.interpreter.string(of: call[0]))")
        }
        for name in ["bin", "sbin", "lib", "libexec", "include", "share"] {
            table.define("opt_" + name) { call in .path("\(try object(call).optPrefix(call))/\(name)") }
        }
        table.define("opt_prefix") { call in .path(try object(call).optPrefix(call)) }
        table.define("opt_frameworks") { call in .path("\(try object(call).optPrefix(call))/Frameworks") }
        table.define("opt_pkgshare") { call in
            .path("\(try object(call).optPrefix(call))/share/\(try object(call).name)")
        }
        table.define("opt_elisp") { call in
            .path("\(try object(call).optPrefix(call))/share/emacs/site-lisp/\(try object(call).name)")
        }
        table.define("rack") { call in .path(try object(call).rack(call)) }
        table.define("linked_keg") { call in
            .path("\(call.interpreter.context.prefix)/var/homebrew/linked/\(try object(call).name)")
        }
        table.define("etc") { call in .path(call.interpreter.context.prefix + "/etc") }
        table.define("var") { call in .path(call.interpreter.context.prefix + "/var") }
        table.define("pkgetc") { call in .path("\(call.interpreter.context.prefix)/etc/\(try object(call).name)") }
        table.define("logs") { call in .path("\(call.interpreter.context.logFolder)/\(try object(call).name)") }
        table.define("buildpath") { call in try object(call).buildFolder.map { .path($0) } ?? .nil }
        table.define("testpath") { call in try object(call).testFolder.map { .path($0) } ?? .nil }
        table.define("path") { call in
            .path("\(call.interpreter.context.repository)/Library/Taps/\(try formula(call).path)")
        }
        table.define("plist_path", "launchd_service_path") { call in
            .path("\(try object(call).optPrefix(call))/homebrew.mxcl.\(try object(call).name).plist")
        }
        table.define("systemd_service_path") { call in
            .path("\(try object(call).optPrefix(call))/homebrew.\(try object(call).name).service")
        }
        table.define("systemd_timer_path") { call in
            .path("\(try object(call).optPrefix(call))/homebrew.\(try object(call).name).timer")
        }
        table.define("specified_path", "tap_path") { _ in .nil }
    }

    // MARK: Versions

    private static func defineVersions(_ table: inout MethodTable) {
        table.define("version") { call in .object(VersionObject(try formula(call).version)) }
        table.define("pkg_version") { call in .object(VersionObject(PackageVersion(try formula(call).pkgVersion))) }
        table.define("installed_prefixes") { call in
            let object = try object(call)
            return .list(object.installedVersions(call).map { .path("\(object.rack(call))/\($0)") })
        }
        table.define("latest_installed_prefix") { call in
            .path("\(try object(call).rack(call))/\(try formula(call).pkgVersion)")
        }
        table.define("any_installed_prefix") { call in
            let object = try object(call)
            if object.isOptLinked(call) { return .path(object.optPrefix(call)) }
            return object.installedVersions(call).last.map { .path("\(object.rack(call))/\($0)") } ?? .nil
        }
        table.define("any_installed_version") { call in
            try object(call).installedVersions(call).last.map { .object(VersionObject(PackageVersion($0.description))) }
                ?? .nil
        }
        table.define("any_version_installed?") { call in .bool(!(try object(call).installedVersions(call).isEmpty)) }
        table.define("latest_version_installed?", "installed?") { call in
            let object = try object(call)
            return .bool(call.interpreter.isFolder("\(object.rack(call))/\(try object.formula(call).pkgVersion)"))
        }
        table.define("optlinked?") { call in .bool(try object(call).isOptLinked(call)) }
        table.define("linked?") { call in
            .bool(
                call.interpreter.exists(
                    "\(call.interpreter.context.prefix)/var/homebrew/linked/\(try object(call).name)"))
        }
        table.define("outdated?") { _ in .bool(false) }
    }

    // MARK: Parts

    private static func defineParts(_ table: inout MethodTable) {
        table.define("deps", "declared_deps") { call in
            .list(try formula(call).dependencies.map { .object(DependencyObject($0)) })
        }
        table.define("requirements") { call in
            .list(try formula(call).requirements.map { .object(RequirementObject($0)) })
        }
        table.define("uses_from_macos_names") { call in
            .texts(try formula(call).active?.usesFromMacOS.map(\.name) ?? [])
        }
        table.define("uses_from_macos_elements") { call in
            .texts(try formula(call).active?.usesFromMacOS.map(\.name) ?? [])
        }
        table.define("conflicts") { call in .texts(try formula(call).conflicts.map(\.name)) }
        table.define("recursive_dependencies", "runtime_dependencies") { call in
            .list(try recursiveDependencies(call).map { .object(DependencyObject($0)) })
        }
        table.define("runtime_formula_dependencies") { call in
            .list(
                try recursiveDependencies(call).filter { !$0.isBuild && !$0.isTest }.map {
                    .object(try call.interpreter.formulaObject(named: $0.name, call))
                })
        }
        table.define("resources") { call in .list(try formula(call).resources.map { .object(ResourceObject($0)) }) }
        table.define("resource") { call in
            let name = try call.text(0)
            guard let resource = try formula(call).resources.first(where: { $0.name == name }) else {
                throw call.raising(
                    "ResourceMissingError", "\(try object(call).name) does not define resource \"\(name)\"")
            }
            return .object(ResourceObject(resource))
        }
        table.define("patches") { call in .list(try formula(call).patches.map { _ in .object(ObjectBox()) }) }
        table.define("patchlist") { call in .list(try formula(call).patches.map { _ in .object(ObjectBox()) }) }
    }

    /// All dependencies of dependencies, each once, nearest first.
    static func recursiveDependencies(_ call: Call) throws -> [Dependency] {
        var all = try formula(call).dependencies
        var seen = Set(all.map(\.name))
        var index = 0
        while index < all.count {
            let other = try? call.interpreter.formulaObject(named: all[index].name, call).formula(call)
            for dependency in other?.runtimeDependencies ?? [] where seen.insert(dependency.name).inserted {
                all.append(dependency)
            }
            index += 1
        }
        return all
    }
}

/// `stable`, `head` and `active_spec` of an instance.
final class SourceObject: ObjectBox {
    let source: SourceSpec
    init(_ source: SourceSpec) { self.source = source }

    override var nativeClassName: String { "SoftwareSpec" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("version") { call in .object(VersionObject(try source(call).version)) }
        table.define("url") { call in .text(try source(call).download.url) }
        table.define("specs") { call in ResourceMethods.specs(try source(call).download) }
        table.define("checksum") { call in .optionalText(try source(call).download.sha256) }
        table.define("mirrors") { call in .texts(try source(call).download.mirrors) }
        table.define("deps") { call in .list(try source(call).dependencies.map { .object(DependencyObject($0)) }) }
        table.define("resources") { call in
            .hash(HashBox(try source(call).resources.map { (.text($0.name), .object(ResourceObject($0))) }))
        }
        table.define("resource") { call in
            let name = try call.text(0)
            guard let resource = try source(call).resources.first(where: { $0.name == name }) else {
                throw call.raising("ResourceMissingError", "resource \"\(name)\" is not defined")
            }
            return .object(ResourceObject(resource))
        }
        for name in ["stage", "fetch", "cached_download", "verify_download_integrity"] {
            table.define(name) { call in
                let source = try source(call)
                let resource = Resource(name: "", download: source.download, explicitVersion: source.version)
                return try call.interpreter.send(
                    .object(ResourceObject(resource)), name, call.arguments, hasKeywords: call.hasKeywords,
                    block: call.block)
            }
        }
        table.define("patches") { _ in .list([]) }
        table.define("using") { call in
            let download = try source(call).download
            return download.strategy.map { .symbol($0) } ?? .nil
        }
    }

    private static func source(_ call: Call) throws -> SourceSpec {
        guard case .object(let object as SourceObject) = call.receiver else { throw call.unsupported("this object") }
        return object.source
    }
}
