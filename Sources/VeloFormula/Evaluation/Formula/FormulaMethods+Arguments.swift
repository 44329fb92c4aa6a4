/// The standard arguments of build systems, and the names and paths of libraries.
extension FormulaMethods {
    static let arguments = MethodTable { table in
        defineC(&table)
        defineLanguages(&table)
        defineLibraries(&table)
    }

    private static func prefix(_ call: Call, _ keyword: String = "prefix") throws -> String {
        try call.keywordText(keyword) ?? object(call).prefix(call)
    }

    private static func isCurrent(_ call: Call) -> Bool { call.interpreter.context.era == .current }

    private static func defineC(_ table: inout MethodTable) {
        table.define("std_configure_args", "std_autotools_args") { call in
            let prefix = try prefix(call)
            let lib = PathText.absolute(try call.keywordText("libdir") ?? "lib", in: prefix, home: "/")
            return .texts(["--disable-debug", "--disable-dependency-tracking", "--prefix=\(prefix)", "--libdir=\(lib)"])
        }
        table.define("std_cmake_args") { call in
            let prefix = try prefix(call, "install_prefix")
            var words = [
                "-DCMAKE_INSTALL_PREFIX=\(prefix)",
                "-DCMAKE_INSTALL_LIBDIR=\(try call.keywordText("install_libdir") ?? "lib")",
                "-DCMAKE_BUILD_TYPE=Release",
                "-DCMAKE_FIND_FRAMEWORK=\(try call.keywordText("find_framework") ?? "LAST")",
                "-DCMAKE_VERBOSE_MAKEFILE=ON", "-Wno-dev", "-DBUILD_TESTING=OFF",
            ]
            if isCurrent(call) { words.append("-DCCACHE_FOUND=OFF") }
            return .texts(words)
        }
        table.define("std_meson_args") { call in
            let prefix = try prefix(call)
            let lib = isCurrent(call) ? "lib" : "\(prefix)/lib"
            return .texts(["--prefix=\(prefix)", "--libdir=\(lib)", "--buildtype=release", "--wrap-mode=nofallback"])
        }
    }

    private static func defineLanguages(_ table: inout MethodTable) {
        table.define("std_cargo_args") { call in
            let root = try prefix(call, "root")
            let path = try call.keywordText("path") ?? "."
            guard isCurrent(call) else { return .texts(["--locked", "--root", root, "--path", path]) }
            var words = [
                "--jobs", String(call.interpreter.context.makeJobs), "--locked", "--root=\(root)", "--path=\(path)",
            ]
            if let features = call.keyword("features"), !features.isNil {
                let names = try call.interpreter.list(from: features).map { try call.interpreter.string(of: $0) }
                words.append("--features=\(names.joined(separator: ","))")
            }
            return .texts(words)
        }
        table.define("std_go_args") { call in .texts(try goArguments(call)) }
        table.define("std_cabal_v2_args") { call in
            .texts([
                "--jobs=\(call.interpreter.context.makeJobs)", "--max-backjumps=100000", "--install-method=copy",
                "--installdir=\(try object(call).prefix(call))/bin",
            ])
        }
        table.define("std_swift_args") { _ in .texts(["--configuration", "release", "--disable-sandbox"]) }
        table.define("std_zig_args") { call in
            let mode = try call.keywordText("release_mode") ?? "fast"
            return .texts([
                "--prefix", try prefix(call), "--release=\(mode)",
                "-Doptimize=Release\(mode.prefix(1).uppercased() + mode.dropFirst())",
                "--summary", "all",
            ])
        }
        table.define("std_npm_args") { call in
            let target = try call.keywordText("prefix") ?? object(call).prefix(call) + "/libexec"
            return .texts(try LanguageMethods.npmInstallArguments(target, call))
        }
        table.define("std_pip_args") { call in
            var words = ["--verbose", "--no-deps", "--no-binary=:all:", "--ignore-installed", "--no-compile"]
            switch call.keyword("prefix") {
            case .bool(false): break
            case .some(let value) where !value.isNil && value.characters != nil:
                words.append("--prefix=\(try call.interpreter.string(of: value))")
            default: words.append("--prefix=\(try object(call).prefix(call))")
            }
            if !(call.keyword("build_isolation")?.isTruthy ?? false) { words.append("--no-build-isolation") }
            return .texts(words)
        }
    }

    private static func goArguments(_ call: Call) throws -> [String] {
        let object = try object(call)
        let output = try call.keywordText("output") ?? "\(object.prefix(call))/bin/\(object.name)"
        func joined(_ name: String) throws -> String? {
            guard let value = call.keyword(name), !value.isNil else { return nil }
            return try call.interpreter.list(from: value).map { try call.interpreter.string(of: $0) }.joined(
                separator: " ")
        }
        var words = ["-trimpath", "-o=\(output)"]
        if let tags = try call.keyword("tags").map({
            try call.interpreter.list(from: $0).map { try call.interpreter.string(of: $0) }
        }),
            !tags.isEmpty
        {
            words.append("-tags=\(tags.joined(separator: " "))")
        }
        let flags = try joined("ldflags")
        if isCurrent(call) {
            let own = flags.map { $0.hasPrefix("-s -w") ? $0 : "-s -w " + $0 } ?? "-s -w"
            words.append("-ldflags=\(own)")
            if let gcflags = try joined("gcflags") { words.append("-gcflags=\(gcflags)") }
        } else if let flags {
            words.append("-ldflags=\(flags)")
        }
        return words
    }

    private static func defineLibraries(_ table: inout MethodTable) {
        table.define("shared_library") { call in
            let name = try call.text(0)
            let version = call.count > 1 && !call[1].isNil ? try call.interpreter.string(of: call[1]) : ""
            if call.platform.isLinux {
                let ending =
                    version == "*" || (name == "*" && version.isEmpty) ? "{,.*}" : version.isEmpty ? "" : ".\(version)"
                return .text("\(name).so\(ending)")
            }
            if name == "*", version.isEmpty || version == "*" { return .text("*.dylib") }
            let infix = version == "*" ? "{,.*}" : version.isEmpty ? "" : ".\(version)"
            return .text("\(name)\(infix).dylib")
        }
        table.define("rpath") { call in
            let prefix = try object(call).prefix(call)
            let source = try call.keywordText("source") ?? prefix + "/bin"
            let target = try call.keywordText("target") ?? prefix + "/lib"
            guard target.hasPrefix(call.interpreter.context.prefix) else {
                throw call.raising(
                    "RuntimeError", "rpath `target` should only be used for paths inside HOMEBREW_PREFIX!")
            }
            let loader = call.platform.isLinux ? "$ORIGIN" : "@loader_path"
            return .text("\(loader)/\(PathText.relative(target, from: source) ?? "")")
        }
    }
}
