/// A tool as a build called it: by which name, with what, and in what surroundings.
package struct ShimCall: Sendable {
    package var name: String
    package var arguments: [String]
    package var environment: [String: String]

    package init(name: String, arguments: [String], environment: [String: String]) {
        self.name = name
        self.arguments = arguments
        self.environment = environment
    }

    /// The letters of HOMEBREW_CCCFG, by which formulae switch things on.
    func has(_ letter: Character) -> Bool { environment["HOMEBREW_CCCFG"]?.contains(letter) ?? false }

    /// A list of paths, separated by colons.
    func paths(_ variable: String) -> [String] {
        (environment[variable] ?? "").split(separator: ":").map(String.init)
    }

    /// Scripts made by autoconf export this, and nothing else does.
    var isUnderConfigure: Bool { environment["as_nl"] != nil }
}

/// What runs instead: a tool by its own name, looked for along a PATH without the shims.
package struct ShimPlan: Sendable, Equatable {
    package var program: String
    package var arguments: [String]
    package var environment: [String: String]
}

/// Decides what a call of a shim becomes. Pure: paths are made canonical by whoever calls.
package struct ShimMachine: Sendable {
    private let call: ShimCall
    private let canonical: @Sendable (String) -> String

    /// - Parameter canonical: a path without links and `..`; one that does not exist as it is.
    package init(_ call: ShimCall, canonical: @escaping @Sendable (String) -> String) {
        self.call = call
        self.canonical = canonical
    }

    /// Names that are taken for something else than a compiler.
    package static let otherTools = ["make", "gmake", "ninja", "samu", "date", "gzip", "ld", "ld.gold", "ld.bfd"]

    /// Names of compilers, as build scripts know them.
    package static let compilers = [
        "cc", "gcc", "c++", "g++", "c89", "c99", "cpp", "clang", "clang++", "gfortran", "f77", "f95",
    ]

    package func plan() -> ShimPlan {
        var plan = ShimPlan(program: call.name, arguments: call.arguments, environment: call.environment)
        plan.environment["PATH"] = pathWithoutShims
        switch call.name {
        case "make", "gmake":
            // Under make the flags are the build's own, no longer a test of configure's: they are put right. Its own
            // children find the shims again.
            plan.program = "make"
            plan.environment["PATH"] = call.environment["PATH"]
            plan.environment["HOMEBREW_CCCFG"] = refurbishing
        case "ninja", "samu":
            plan.environment["PATH"] = call.environment["PATH"]
            plan.environment["HOMEBREW_CCCFG"] = refurbishing
            if !call.arguments.contains(where: { $0.hasPrefix("-j") }) {
                plan.arguments = ["-j\(call.environment["HOMEBREW_MAKE_JOBS"] ?? "1")"] + call.arguments
            }
        case "date": plan.arguments = dateArguments
        case "gzip": plan.arguments = ["-n"] + call.arguments
        case "ld", "ld.gold", "ld.bfd": plan.arguments = linkerArguments
        default: planCompiler(&plan)
        }
        return plan
    }

    private var refurbishing: String {
        let old = call.environment["HOMEBREW_CCCFG"] ?? ""
        return old.contains("O") ? old : "O" + old
    }

    private var pathWithoutShims: String {
        let shims = call.environment["HOMEBREW_SHIMS_PATH"] ?? "/velo/shims"
        return call.paths("PATH").filter { $0 != shims }.joined(separator: ":")
    }

    /// The day of the release, for scripts that put the day of the build into what they make.
    private var dateArguments: [String] {
        let asksForAnother = call.arguments.contains { argument in
            ["-d", "-r", "-f", "-s", "--date", "--reference", "--set", "--file"].contains { argument.hasPrefix($0) }
        }
        guard let epoch = call.environment["SOURCE_DATE_EPOCH"], !asksForAnother,
            // What measures time has to see it pass.
            !call.arguments.contains(where: { $0.contains("%s") || $0.contains("%N") })
        else { return call.arguments }
        return ["-d", "@\(epoch)"] + call.arguments
    }

    private var linkerArguments: [String] {
        var arguments = call.paths("HOMEBREW_LIBRARY_PATHS").map { "-L\($0)" }
        for path in call.paths("HOMEBREW_RPATH_PATHS") { arguments += ["-rpath", path] }
        if let loader = call.environment["HOMEBREW_DYNAMIC_LINKER"] { arguments += ["--dynamic-linker", loader] }
        return arguments + call.arguments
    }

    // MARK: Compilers

    private func planCompiler(_ plan: inout ShimPlan) {
        let compiler = CompilerCall(call)
        plan.program = compiler.program
        if compiler.isQuestion { return }
        var arguments = compiler.standard.map { ["-std=\($0)"] } ?? []
        let hasFlags = compiler.mode != .preprocess
        if call.has("O") && !call.isUnderConfigure {
            if hasFlags { arguments += compiler.ownFlags(quiet: true) }
            var refurbisher = FlagRefurbisher(call, canonical: canonical)
            arguments += refurbisher.refurbish(call.arguments)
        } else {
            if hasFlags, call.isUnderConfigure { arguments += compiler.ownFlags(quiet: false) }
            arguments += call.arguments
        }
        plan.arguments = arguments + compiler.includeFlags + (compiler.mode == .link ? compiler.linkFlags : [])
    }
}
