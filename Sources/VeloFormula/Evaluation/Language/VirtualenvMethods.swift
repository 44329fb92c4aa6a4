/// `Language::Python::Virtualenv`
enum VirtualenvMethods {
    static let table = MethodTable { table in
        table.define("virtualenv_create") { call in
            let root = try call.interpreter.string(of: call[0])
            let python = call.positional.count > 1 ? try call.interpreter.string(of: call[1]) : "python"
            return .object(try create(root, python, call))
        }
        table.define("virtualenv_install_with_resources") { call in try installWithResources(call) }
        table.define("python_names") { call in
            .texts(["python", "python3", "pypy", "pypy3"] + call.interpreter.lookup.versionedFormulae(of: "python"))
        }
        table.define("needs_python?") { call in
            .bool(
                try FormulaMethods.formula(call).dependencies.contains { try $0.name == call.text(0) && $0.isRequired })
        }
    }

    private static func create(_ root: String, _ python: String, _ call: Call) throws -> VirtualenvObject {
        let interpreter = call.interpreter
        let cccfg = interpreter.environment["HOMEBREW_CCCFG"] ?? ""
        if !cccfg.contains("O") { interpreter.environment["HOMEBREW_CCCFG"] = cccfg + "O" }
        let environment = VirtualenvObject(root: root, python: python)
        guard !interpreter.exists(root + "/bin/python") else { return environment }
        var words = [python, "-m", "venv"]
        if call.keyword("system_site_packages")?.isTruthy ?? true { words.append("--system-site-packages") }
        let isCurrent = interpreter.context.era == .current
        if isCurrent, call.keyword("without_pip")?.isTruthy ?? true { words.append("--without-pip") }
        _ = try FormulaMethods.runChecked(
            FormulaMethods.command((words + [root]).map { .text($0) }, .system, call), call)
        try pointAtOpt(root, call)
        try addDependencies(root, python, call)
        return environment
    }

    /// Links into a versioned keg of Python would break with its next version.
    private static func pointAtOpt(_ root: String, _ call: Call) throws {
        guard let host = call.interpreter.host else { return }
        let cellar = call.interpreter.context.cellar + "/python"
        func stable(_ path: String) -> String? {
            guard path.hasPrefix(cellar) else { return nil }
            let parts = path.dropFirst(call.interpreter.context.cellar.count + 1).split(separator: "/", maxSplits: 2)
            guard parts.count > 1 else { return nil }
            return "\(call.interpreter.context.prefix)/opt/\(parts[0])" + (parts.count > 2 ? "/\(parts[2])" : "")
        }
        for path in try PathnameMethods.below(root, call) {
            if call.interpreter.isLink(path) {
                guard let real = try? host.realPath(path), let target = stable(real) else { continue }
                try host.remove(path, recursively: false)
                try host.makeSymbolicLink(at: path, to: target)
            } else if path.hasSuffix("/orig-prefix.txt"), let target = stable(try call.interpreter.readText(path)) {
                try call.interpreter.writeText(target, to: path)
            }
        }
    }

    /// Packages that dependencies bring are found through a `.pth` file.
    private static func addDependencies(_ root: String, _ python: String, _ call: Call) throws {
        guard call.interpreter.performsEffects else { return }
        let packages = try LanguageMethods.sitePackages(python, call)
        let lines = try FormulaMethods.recursiveDependencies(call).filter { !$0.isBuild && !$0.isTest }
            .filter { !$0.name.hasPrefix("python") && !$0.name.hasPrefix("pypy") }
            .map { "\(call.interpreter.context.prefix)/opt/\($0.name)/\(packages)" }
            .filter { call.interpreter.exists($0) }
            .map { "import site; site.addsitedir('\($0)')\n" }
        if !lines.isEmpty {
            try call.interpreter.makeFolders("\(root)/\(packages)")
            try call.interpreter.writeText(lines.joined(), to: "\(root)/\(packages)/homebrew_deps.pth")
        }
    }

    private static func installWithResources(_ call: Call) throws -> Value {
        let object = try FormulaMethods.object(call)
        let formula = try object.formula(call)
        let python = try call.keywordText("using") ?? detectedPython(formula, call)
        let environment = try create("\(object.prefix(call))/libexec", python.filter { $0 != "@" }, call)
        func names(_ keyword: String) throws -> [String] {
            try call.keyword(keyword).map {
                try call.interpreter.list(from: $0).map { try call.interpreter.string(of: $0) }
            } ?? []
        }
        let (first, last) = (try names("start_with"), try names("end_with"))
        let left = try Set(names("without") + first + last)
        func find(_ names: [String]) -> [Resource] {
            names.compactMap { name in formula.resources.first { $0.name == name } }
        }
        let resources = find(first) + formula.resources.filter { !left.contains($0.name) } + find(last)
        try environment.install(resources.map { .object(ResourceObject($0)) }, call)
        let linksManuals = call.keyword("link_manpages")?.isTruthy ?? (call.interpreter.context.era == .current)
        try environment.installAndLink(
            [.path(object.buildFolder ?? call.interpreter.folder)], linksManuals: linksManuals, call)
        return .object(environment)
    }

    private static func detectedPython(_ formula: Formula, _ call: Call) throws -> String {
        let wanted = formula.dependencies.filter(\.isRequired).map(\.name).filter {
            ["python", "python3", "pypy", "pypy3"].contains($0) || $0.hasPrefix("python@")
        }
        guard let name = wanted.first else {
            throw call.raising(
                "FormulaUnknownPythonError",
                "The version of Python to use with the virtualenv in the `\(formula.name)` formula is not known")
        }
        guard Set(wanted).count == 1 else {
            throw call.raising(
                "FormulaAmbiguousPythonError",
                "The version of Python to use with the virtualenv in the `\(formula.name)` formula is ambiguous")
        }
        return name == "python" ? "python3" : name
    }
}

/// A virtual environment that a formula made.
final class VirtualenvObject: ObjectBox {
    let root: String
    let python: String

    init(root: String, python: String) {
        self.root = root
        self.python = python
    }

    override var nativeClassName: String { "Language::Python::Virtualenv::Virtualenv" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("pip_install") { call in
            try object(call).install(call.interpreter.list(from: call[0]), call)
            return .nil
        }
        table.define("pip_install_and_link") { call in
            let linksManuals = call.keyword("link_manpages")?.isTruthy ?? (call.interpreter.context.era == .current)
            try object(call).installAndLink(call.interpreter.list(from: call[0]), linksManuals: linksManuals, call)
            return .nil
        }
        table.define("root") { call in .path(try object(call).root) }
        table.define("site_packages") { call in
            let object = try object(call)
            return .path("\(object.root)/\(try LanguageMethods.sitePackages(object.python, call))")
        }
    }

    private static func object(_ call: Call) throws -> VirtualenvObject {
        guard case .object(let object as VirtualenvObject) = call.receiver else {
            throw call.unsupported("this object")
        }
        return object
    }

    func install(_ targets: [Value], _ call: Call) throws {
        for target in targets {
            if case .object(let resource as ResourceObject) = target {
                _ = call.interpreter.announce(.stage(resource: resource.resource.name, folder: nil))
                _ = try resource.stage(call) {
                    try self.pip([call.interpreter.folder], call)
                    return .nil
                }
                continue
            }
            let text = try call.interpreter.string(of: target)
            let words = text.contains("\n") ? TextTrimming.lines(text).map { TextTrimming.strip($0) } : [text]
            try pip(words, call)
        }
    }

    private func pip(_ targets: [String], _ call: Call) throws {
        let words: [String]
        if call.interpreter.context.era == .current {
            words = [
                python, "-m", "pip", "--python=\(root)/bin/python", "install", "--verbose", "--no-deps",
                "--no-binary=:all:",
                "--ignore-installed", "--no-compile",
            ]
        } else {
            words = [
                "\(root)/bin/pip", "install", "-v", "--no-deps", "--no-binary", ":all:",
                "--use-feature=no-binary-enable-wheel-cache", "--ignore-installed",
            ]
        }
        let command = try FormulaMethods.command((words + targets).map { .text($0) }, .system, call)
        _ = try FormulaMethods.runChecked(command, call)
    }

    /// Installs and links the programs that are new into the keg's `bin`.
    func installAndLink(_ targets: [Value], linksManuals: Bool, _ call: Call) throws {
        let interpreter = call.interpreter
        let prefix = try FormulaMethods.object(call).prefix(call)
        func programs() throws -> [String] { try interpreter.glob("\(root)/bin/*") }
        func manuals() throws -> [String] { try interpreter.glob("\(root)/share/man/man*/*") }
        let (oldPrograms, oldManuals) = (Set(try programs()), Set(try manuals()))
        try install(targets, call)
        for path in try programs() where !oldPrograms.contains(path) {
            _ = try interpreter.send(.path(prefix + "/bin"), "install_symlink", [.text(path)])
        }
        guard linksManuals else { return }
        for path in try manuals() where !oldManuals.contains(path) {
            let section = PathText.base(PathText.folder(path))
            _ = try interpreter.send(.path("\(prefix)/share/man/\(section)"), "install_symlink", [.text(path)])
        }
    }
}
