/// What `depends_on :xcode`, `depends_on macos: :big_sur` and `depends_on SomeRequirement` mean.
enum RequirementRules {
    static func requirement(_ name: String, _ tags: [Value], _ call: Call) throws -> Requirement {
        var rest = tags[...]
        let platform = call.interpreter.context.platform
        switch name {
        case "linux":
            return Requirement(name: "linux", tags: try names(rest, call), isSatisfied: platform.isLinux)
        case "macos", "maximum_macos":
            let version = try rest.popFirst().map { try release($0, call) }
            let isMaximum = name == "maximum_macos"
            return Requirement(
                name: "macos", isMaximum: isMaximum, version: version?.version, tags: try names(rest, call),
                isSatisfied: isMet(version, isMaximum: isMaximum, platform))
        case "arch":
            guard let arch = rest.popFirst()?.characters else { throw call.wrongCount() }
            return Requirement(
                name: "arch", version: arch, tags: try names(rest, call),
                isSatisfied: isMet(arch, platform.architecture))
        case "xcode":
            var version: String?
            if let text = rest.first?.characters, isVersion(text) {
                version = text
                rest = rest.dropFirst()
            }
            return Requirement(
                name: "xcode", version: version, tags: try names(rest, call), isSatisfied: platform.isLinux ? true : nil
            )
        case "codesign": return Requirement(name: "codesign", tags: [], isSatisfied: platform.isLinux)
        default: throw call.refusing("unsupported.requirement", "`depends_on :\(name)` is not known")
        }
    }

    private static func names(_ tags: ArraySlice<Value>, _ call: Call) throws -> [String] {
        try SpecStanzas.names(of: Array(tags), call)
    }

    private static func release(_ value: Value, _ call: Call) throws -> MacOSRelease {
        guard let symbol = value.characters, let release = MacOSRelease(symbol: symbol) else {
            throw call.unsupported("this release of macOS")
        }
        return release
    }

    private static func isMet(_ release: MacOSRelease?, isMaximum: Bool, _ platform: Platform) -> Bool {
        guard let current = platform.macOSRelease else { return release != nil }
        guard let release else { return true }
        return isMaximum ? current <= release : current >= release
    }

    private static func isMet(_ name: String, _ architecture: Platform.Architecture) -> Bool {
        switch name {
        case "x86_64", "intel": architecture == .x86_64
        case "arm64", "arm", "aarch64": architecture == .arm64
        default: false
        }
    }

    /// Digits with a dot between, somewhere.
    private static func isVersion(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.indices.contains { index in
            bytes[index] == UInt8(ascii: ".") && index > 0 && bytes[index - 1].isASCIIDigit && index + 1 < bytes.count
                && bytes[index + 1].isASCIIDigit
        }
    }

    /// A class of the file that inherits from Requirement; whether it is satisfied only the machine can tell.
    static func requirement(ofClass type: ClassBox, _ tags: [Value], _ call: Call) throws -> Requirement {
        var name = type.name.split(separator: ":").last.map(String.init) ?? type.name
        for ending in ["Requirement", "Dependency"] where name.hasSuffix(ending) {
            name = String(name.dropLast(ending.count))
            break
        }
        return Requirement(
            name: name.lowercased(), tags: try SpecStanzas.names(of: tags, call),
            cask: type.variables["@cask"]?.characters, download: type.variables["@download"]?.characters,
            isSatisfied: nil)
    }

    /// Class-level methods of Requirement.
    static let statics = MethodTable { table in
        table.define("fatal", "default_formula", "build", "env") { _ in .nil }
        table.define("satisfy") { _ in .nil }
        table.define("cask") { call in
            if case .type(let type) = call.receiver, call.count > 0 { type.variables["@cask"] = call[0] }
            return .nil
        }
        table.define("download") { call in
            if case .type(let type) = call.receiver, call.count > 0 { type.variables["@download"] = call[0] }
            return .nil
        }
    }
}
