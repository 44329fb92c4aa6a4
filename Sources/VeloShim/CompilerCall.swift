/// What a compiler was asked to do, and what is added to it whatever that is.
struct CompilerCall {
    enum Mode { case preprocess, compile, link }

    let call: ShimCall
    let mode: Mode
    private let isCXX: Bool

    init(_ call: ShimCall) {
        self.call = call
        isCXX = Self.isCXX(call.name)
        let stops: Set<String> = ["-c", "-S", "-fsyntax-only", "-M", "-MM"]
        if call.name == "cpp" || call.name.hasPrefix("cpp-") || call.arguments.contains("-E") {
            mode = .preprocess
        } else if call.arguments.contains(where: stops.contains) {
            mode = .compile
        } else {
            mode = .link
        }
    }

    private static func isCXX(_ name: String) -> Bool { name.contains("++") }

    /// Plain names mean the compiler that the formula builds with; a name with a number means that one.
    var program: String {
        switch call.name {
        case "cpp", "gfortran": call.name
        case "f77", "f95": "gfortran"
        case let name where name.last?.isNumber == true && !["c89", "c99"].contains(name): name
        default:
            if isCXX {
                call.environment["HOMEBREW_CXX"] ?? "g++"
            } else {
                call.environment["HOMEBREW_CC"].map { $0 == "llvm_clang" ? "clang" : $0 } ?? "gcc"
            }
        }
    }

    /// The language that a name of old stands for.
    var standard: String? {
        switch call.name {
        case "c89": "c90"
        case "c99": "gnu99"
        default: nil
        }
    }

    /// Asks the compiler about itself.
    var isQuestion: Bool {
        guard call.arguments.count == 1, let only = call.arguments.first else { return call.arguments.isEmpty }
        return ["-v", "-V", "--version", "-qversion", "-version", "--help"].contains(only)
            || ["-dump", "-print-", "--print-"].contains { only.hasPrefix($0) }
    }

    /// Optimisation for the oldest processor that a bottle is for, and what the formula switched on.
    func ownFlags(quiet: Bool) -> [String] {
        var flags: [String] = quiet ? ["-w"] : []
        flags.append("-\(call.environment["HOMEBREW_OPTIMIZATION_LEVEL"] ?? "O2")")
        flags += (call.environment["HOMEBREW_OPTFLAGS"] ?? "").split(separator: " ").map(String.init)
        flags += (call.environment["HOMEBREW_ARCHFLAGS"] ?? "").split(separator: " ").map(String.init)
        // C of before 2020 defines its globals in headers; GCC 10 was the first to mind.
        if quiet, !isCXX, !program.contains("clang") { flags.append("-fcommon") }
        if quiet, call.has("D") { flags.append("-g") }
        if quiet, isCXX, call.has("x") { flags.append("-std=c++11") }
        if call.has("b") { flags.append("-mbranch-protection=standard") }
        if isCXX, program.contains("clang") {
            if call.has("g") { flags.append("-stdlib=libc++") }
            if call.has("h") { flags.append("-stdlib=libstdc++") }
        }
        return flags
    }

    /// Where the headers of dependencies are; and file names as they are without the place of the build.
    var includeFlags: [String] {
        var flags = call.paths("HOMEBREW_INCLUDE_PATHS").map { "-I\($0)" }
        for path in call.paths("HOMEBREW_ISYSTEM_PATHS") { flags += ["-isystem", path] }
        if mode != .preprocess, let tree = call.environment["HOMEBREW_FORMULA_BUILDPATH"], !tree.isEmpty {
            flags.append("-ffile-prefix-map=\(tree)=.")
        }
        return flags
    }

    /// Where libraries are, now and when the program runs.
    var linkFlags: [String] {
        var flags = call.paths("HOMEBREW_LIBRARY_PATHS").map { "-L\($0)" }
        flags += call.paths("HOMEBREW_RPATH_PATHS").map { "-Wl,-rpath,\($0)" }
        if let loader = call.environment["HOMEBREW_DYNAMIC_LINKER"], !loader.isEmpty {
            flags.append("-Wl,--dynamic-linker=\(loader)")
        }
        return flags
    }
}
