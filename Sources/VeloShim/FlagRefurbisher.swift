/// Takes out of a compiler's arguments what would tie a bottle to this machine, and paths that no dependency declares.
struct FlagRefurbisher {
    private let call: ShimCall
    private let canonical: @Sendable (String) -> String
    private var seenIncludes: Set<String>
    private var seenLibraries: Set<String>
    private let dependencies: Set<Substring>

    init(_ call: ShimCall, canonical: @escaping @Sendable (String) -> String) {
        self.call = call
        self.canonical = canonical
        seenIncludes = Set(call.paths("HOMEBREW_INCLUDE_PATHS") + call.paths("HOMEBREW_ISYSTEM_PATHS"))
        seenLibraries = Set(call.paths("HOMEBREW_LIBRARY_PATHS"))
        dependencies = Set((call.environment["HOMEBREW_DEPENDENCIES"] ?? "").split(separator: ","))
    }

    mutating func refurbish(_ arguments: [String]) -> [String] {
        var kept: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "-arch":
                let value = rest.popFirst()
                if call.has("K") { kept += [argument] + (value.map { [$0] } ?? []) }
            case "-m32", "-m64": if call.has("K") { kept.append(argument) }
            case "-o", "-x", "-include", "-imacros", "-MF", "-MT", "-MQ", "-Xlinker", "-Xassembler", "-Xpreprocessor",
                "-T", "-u", "-z", "-e":
                // Their value is no flag, whatever it looks like.
                kept.append(argument)
                if let value = rest.popFirst() { kept.append(value) }
            case "-I", "-isystem", "-iquote", "-idirafter":
                guard let path = rest.popFirst() else { break }
                if keepsInclude(path) { kept += [argument, path] }
            case "-L":
                guard let path = rest.popFirst() else { break }
                if keepsLibrary(path) { kept += [argument, path] }
            default:
                if argument.hasPrefix("-I") {
                    if keepsInclude(String(argument.dropFirst(2))) { kept.append(argument) }
                } else if argument.hasPrefix("-L") {
                    if keepsLibrary(String(argument.dropFirst(2))) { kept.append(argument) }
                } else if argument.hasPrefix("-isystem") {
                    if keepsInclude(String(argument.dropFirst(8))) { kept.append(argument) }
                } else if !isDropped(argument) {
                    kept.append(argument)
                }
            }
        }
        return kept
    }

    // MARK: Flags

    private func isDropped(_ flag: String) -> Bool {
        if flag.hasPrefix("-g") { return isDebugging(flag) }
        if flag.hasPrefix("-march=") || flag.hasPrefix("-mtune=") || flag.hasPrefix("-mcpu=") { return !call.has("d") }
        if flag.hasPrefix("-O") { return flag.dropFirst(2).count <= 1 && !flag.hasSuffix("g") }
        if flag.hasPrefix("-W") { return isWarning(flag) }
        return [
            "-fast", "-no-cpp-precomp", "-pedantic", "-pedantic-errors", "-Xclang", "-m3dnow",
        ].contains(flag)
    }

    /// `-g`, `-g3`, `-ggdb`, `-gstabs+`; not `-gnu…` and the like.
    private func isDebugging(_ flag: String) -> Bool {
        let rest = flag.dropFirst(2)
        return rest.isEmpty || rest.allSatisfy(\.isNumber) || rest.hasPrefix("gdb") || rest.hasPrefix("stabs")
            || rest.hasPrefix("dwarf")
    }

    private func isWarning(_ flag: String) -> Bool {
        if flag == "-Wl,-z,defs" { return true }
        for start in ["-Wl,", "-Wa,", "-Wp,"] where flag.hasPrefix(start) { return false }
        if flag.hasPrefix("-Wno-") { return flag == "-Wno-long-double" || flag == "-Wno-unused-but-set-variable" }
        return true
    }

    // MARK: Paths

    private mutating func keepsInclude(_ path: String) -> Bool {
        let path = canonical(path)
        return isAllowed(path) && seenIncludes.insert(path).inserted
    }

    private mutating func keepsLibrary(_ path: String) -> Bool {
        let path = canonical(path)
        return isAllowed(path) && seenLibraries.insert(path).inserted
    }

    /// Its own keg, a declared dependency, the rest of the prefix, the build tree and temporary files.
    private func isAllowed(_ path: String) -> Bool {
        if let keg = call.environment["HOMEBREW_FORMULA_PREFIX"], isIn(path, keg) { return true }
        for root in [call.environment["HOMEBREW_CELLAR"], call.environment["HOMEBREW_OPT"]] {
            guard let root, isIn(path, root) else { continue }
            let name = path.dropFirst(root.count).split(separator: "/").first ?? ""
            return dependencies.contains(name)
        }
        let roots = ["HOMEBREW_PREFIX", "HOMEBREW_TEMP", "HOMEBREW_CACHE", "HOMEBREW_BUILD_ROOT"]
        return roots.contains { variable in call.environment[variable].map { isIn(path, $0) } ?? false }
    }

    private func isIn(_ path: String, _ root: String) -> Bool { path == root || path.hasPrefix(root + "/") }
}
