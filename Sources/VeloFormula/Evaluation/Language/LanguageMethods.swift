/// `Language::Python`, `::Java`, `::Node`, `::Perl`: what installing in those languages needs.
enum LanguageMethods {
    // MARK: Python

    static let python = MethodTable { table in
        table.define("major_minor_version") { call in
            let version = try pythonVersion(call.interpreter.string(of: call[0]), call)
            return version.map { .object(VersionObject(PackageVersion($0))) } ?? .nil
        }
        table.define("site_packages") { call in
            .text(try sitePackages(call.count > 0 ? call.interpreter.string(of: call[0]) : "python3", call))
        }
        table.define("homebrew_site_packages") { call in
            let name = call.count > 0 ? try call.interpreter.string(of: call[0]) : "python3"
            return .path("\(call.interpreter.context.prefix)/\(try sitePackages(name, call))")
        }
        table.define("setup_install_args") { call in .texts(try setupArguments(call)) }
        table.define("user_site_packages", "each_python", "reads_brewed_pth_files?", "in_sys_path?") { call in
            throw call.refusing("removed.method", "`Language::Python.\(call.name)` is not supported")
        }
    }

    /// `3.11`: from the program's name or place, or asked from the program.
    static func pythonVersion(_ name: String, _ call: Call) throws -> String? {
        if let version = firstDottedNumber(PathText.base(name)) { return version }
        // Where nothing runs, what is known of the machine answers. A program in an `opt` folder that is not there
        // answers with its own path, in which the version is.
        guard call.interpreter.performsEffects else {
            return firstDottedNumber(name) ?? call.interpreter.context.pythonVersion
        }
        let text = try call.interpreter.shellOutput("\(name) --version 2>&1")
        return firstDottedNumber(text)
    }

    private static func firstDottedNumber(_ text: String) -> String? {
        let scanner = VersionScanner(text.utf8)
        for start in 0..<scanner.end {
            if let end = scanner.endOfDotted(start, least: 1, most: 1) { return scanner.text(start..<end) }
        }
        return nil
    }

    static func sitePackages(_ name: String, _ call: Call) throws -> String {
        let base = PathText.base(name)
        if base == "pypy" || base == "pypy3" { return "site-packages" }
        return "lib/python\(try pythonVersion(name, call) ?? "")/site-packages"
    }

    /// `setup.py` run through setuptools, whatever it imports itself.
    private static func setupArguments(_ call: Call) throws -> [String] {
        let prefix = try call.interpreter.string(of: call[0])
        let python = call.count > 1 ? try call.interpreter.string(of: call[1]) : "python3"
        return [
            "-c", setuptoolsShim, "--no-user-cfg", "install", "--prefix=\(prefix)", "--install-scripts=\(prefix)/bin",
            "--install-lib=\(prefix)/\(try sitePackages(python, call))", "--single-version-externally-managed",
            "--record=installed.txt",
        ]
    }

    // MARK: Java

    static let java = MethodTable { table in
        table.define("java_home") { call in
            let home = javaHome(try call.optionalText(0), call, isOverridable: false)
            return home.isEmpty ? .nil : .path(home)
        }
        table.define("java_home_env") { call in
            .hash(
                HashBox(symbols: [("JAVA_HOME", .text(javaHome(try call.optionalText(0), call, isOverridable: false)))])
            )
        }
        table.define("overridable_java_home_env") { call in
            .hash(
                HashBox(symbols: [("JAVA_HOME", .text(javaHome(try call.optionalText(0), call, isOverridable: true)))]))
        }
    }

    /// The home of an installed openjdk that fits `11`, `11+` or anything; empty where there is none.
    static func javaHome(_ version: String?, _ call: Call, isOverridable: Bool) -> String {
        let allowsNewer = version?.hasSuffix("+") ?? false
        let wanted = version.map { NumberText.integer($0) } ?? 0
        let candidates = ["openjdk"] + call.interpreter.lookup.versionedFormulae(of: "openjdk")
        let found = candidates.first { name in
            guard let installed = FormulaObject(other: name).installedVersions(call).last else { return false }
            let major = NumberText.integer(installed.version.major ?? "")
            return wanted == 0 || major == wanted || (allowsNewer && major > wanted)
        }
        let ending = call.platform.isLinux ? "/libexec" : "/libexec/openjdk.jdk/Contents/Home"
        let home = found.map { "\(call.interpreter.context.prefix)/opt/\($0)\(ending)" } ?? ""
        return isOverridable ? "${JAVA_HOME:-\(home)}" : home
    }

    // MARK: Node

    static let node = MethodTable { table in
        table.define("std_npm_install_args") { call in
            .texts(try npmInstallArguments(call.interpreter.string(of: call[0]), call))
        }
        table.define("local_npm_install_args") { call in
            try prepareNode(call)
            return .texts(["-ddd", "--build-from-source", npmCache(call)])
        }
        table.define("setup_npm_environment") { call in
            try prepareNode(call)
            return .nil
        }
        table.define("npm_cache_config") { call in .text("cache=\(call.interpreter.context.cacheFolder)/npm_cache") }
        table.define("pack_for_installation") { call in .text(try packNode(call)) }
    }

    private static func npmCache(_ call: Call) -> String { "--cache=\(call.interpreter.context.cacheFolder)/npm_cache" }

    private static func prepareNode(_ call: Call) throws {
        let bin = "\(call.interpreter.context.prefix)/opt/node/libexec/bin"
        let path = call.interpreter.environment["PATH"] ?? ""
        if !path.split(separator: ":").contains(Substring(bin)) {
            call.interpreter.environment["PATH"] = path.isEmpty ? bin : "\(bin):\(path)"
        }
    }

    /// Packs the current folder and answers the archive's name.
    private static func packNode(_ call: Call) throws -> String {
        let interpreter = call.interpreter
        if interpreter.isFile("package.json"),
            case .hash(let package) = try JSONText.parse(interpreter.readText("package.json"), call),
            case .hash(let scripts)? = package[.text("scripts")]
        {
            let removed = ["prepare", "prepack", "postpack"].filter { scripts.remove(.text($0)) != nil }
            if !removed.isEmpty {
                try interpreter.writeText(
                    JSONText.generate(.hash(package), pretty: true, interpreter), to: "package.json")
            }
        }
        let command = try FormulaMethods.command(
            ["npm", "pack", "--ignore-scripts"].map { .text($0) }, .capture, call)
        let result = try FormulaMethods.run(command, call)
        guard result.status == 0, let last = TextTrimming.lines(UTF8Text.string(result.output)).last else {
            throw call.raising("RuntimeError", "npm failed to pack \(interpreter.folder)")
        }
        return TextTrimming.chomp(last, nil)
    }

    static func npmInstallArguments(_ target: String, _ call: Call) throws -> [String] {
        try prepareNode(call)
        let interpreter = call.interpreter
        try interpreter.writeText("\n.brew_home\n", to: ".npmignore", appending: true)
        let archive = try packNode(call)
        try interpreter.makeFolders(target + "/lib")
        return [
            interpreter.context.era == .current ? "--loglevel=silly" : "-ddd", "--global", "--build-from-source",
            npmCache(call), "--prefix=\(target)", "\(interpreter.folder)/\(archive)",
        ]
    }

    // MARK: Shebangs

    static let shebang = MethodTable { table in
        table.define("detected_python_shebang") { call in try pythonShebang(call) }
        table.define("detected_perl_shebang") { call in try perlShebang(call) }
        table.define("detected_node_shebang") { call in try nodeShebang(call) }
        table.define("python_shebang_rewrite_info") { call in
            .object(ShebangObject(pattern: pythonPattern, target: try call.interpreter.string(of: call[0])))
        }
    }

    private static let pythonPattern = "^#! ?(?:/usr/bin/(?:env )?)?python(?:[23](?:\\.\\d{1,2})?)?( |$)"

    private static func owner(_ call: Call) throws -> FormulaObject {
        if case .object(let object as FormulaObject)? = call.positional.first { return object }
        return try FormulaMethods.object(call)
    }

    static func pythonShebang(_ call: Call) throws -> Value {
        if call.keyword("use_python_from_path")?.isTruthy ?? false {
            return .object(ShebangObject(pattern: pythonPattern, target: "/usr/bin/env python3"))
        }
        let names = try owner(call).formula(call).dependencies.map(\.name).filter {
            $0 == "python" || $0.hasPrefix("python@")
        }
        guard let name = names.first, Set(names).count == 1 else {
            throw call.raising(
                "ShebangDetectionError",
                names.isEmpty ? "formula does not depend on Python" : "formula has multiple Python dependencies")
        }
        let program = name.filter { $0 != "@" }
        return .object(
            ShebangObject(
                pattern: pythonPattern, target: "\(call.interpreter.context.prefix)/opt/\(name)/bin/\(program)"))
    }

    static func perlShebang(_ call: Call) throws -> Value {
        let formula = try owner(call).formula(call)
        let path: String
        if formula.dependencies.contains(where: { $0.name == "perl" }) {
            path = "\(call.interpreter.context.prefix)/opt/perl/bin/perl"
        } else if formula.active?.usesFromMacOS.contains(where: { $0.name == "perl" }) ?? false {
            path = "/usr/bin/perl5.30"
        } else {
            throw call.raising("ShebangDetectionError", "formula does not depend on Perl")
        }
        return .object(ShebangObject(pattern: "^#! ?/usr/bin/(?:env )?perl( |$)", target: path))
    }

    static func nodeShebang(_ call: Call) throws -> Value {
        let names = try owner(call).formula(call).dependencies.map(\.name).filter {
            $0 == "node" || $0.hasPrefix("node@")
        }
        guard let name = names.first, names.count == 1 else {
            throw call.raising("ShebangDetectionError", "formula does not depend on exactly one Node")
        }
        return .object(
            ShebangObject(
                pattern: "^#! ?/usr/bin/(?:env )?node( |$)",
                target: "\(call.interpreter.context.prefix)/opt/\(name)/bin/node"))
    }

    /// `Language::Go.stage_deps`, gone since 4.1.
    static let go = MethodTable { table in
        table.define("stage_deps") { call in
            let target = try call.interpreter.string(of: call[1])
            for value in try call.interpreter.list(from: call[0]) {
                guard case .object(let resource as ResourceObject) = value else { continue }
                let folder = PathText.joined(target, resource.resource.name)
                if call.interpreter.announce(.stage(resource: resource.resource.name, folder: folder)) {
                    try resource.stageContents(into: folder, call)
                }
            }
            return .nil
        }
    }
}

/// A first line to look for and what to put in its place.
final class ShebangObject: ObjectBox {
    let pattern: String
    let target: String

    init(pattern: String, target: String) {
        self.pattern = pattern
        self.target = target
    }

    override var nativeClassName: String { "Utils::Shebang::RewriteInfo" }

    /// The text with its first line changed, or nil where that line is another.
    func rewritten(_ text: String, _ call: Call) throws -> String? {
        let interpreter = call.interpreter
        let regexp = try interpreter.regexp(pattern, RegexpOptions())
        guard let first = TextTrimming.lines(text).first, let match = try interpreter.match(regexp, first),
            match.bounds[0] == 0
        else { return nil }
        return "#!\(target)\(match.text(1) ?? "")\(match.after)" + text.utf8.dropFirst(first.utf8.count).asString
    }
}

extension Sequence<UInt8> {
    fileprivate var asString: String { String(decoding: Array(self), as: UTF8.self) }
}

/// Runs the `setup.py` of the current folder with setuptools loaded before it.
private let setuptoolsShim = #"""
    import setuptools, tokenize
    __file__ = 'setup.py'
    exec(compile(getattr(tokenize, 'open', open)(__file__).read()
      .replace('\r\n', '\n'), __file__, 'exec'))

    """#
