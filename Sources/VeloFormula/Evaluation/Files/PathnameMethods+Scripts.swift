/// The scripts that formulae write around programs.
extension PathnameMethods {
    static func defineScripts(_ table: inout MethodTable) {
        table.define("write_exec_script") { call in
            let targets = try call.texts()
            try call.interpreter.makeFolders(text(call))
            for target in targets {
                try writeScript(
                    "#!/bin/bash\nexec \"\(target)\" \"$@\"\n", to: PathText.joined(text(call), PathText.base(target)),
                    call)
            }
            return .nil
        }
        table.define("write_env_script") { call in
            var arguments = ""
            var environment = call[1]
            if call.count > 2 {
                // Arguments come before the variables.
                arguments =
                    try call.interpreter.list(from: call[1]).map { try call.interpreter.string(of: $0) }.joined(
                        separator: " ") + " "
                environment = call[2]
            }
            try call.interpreter.makeFolders(PathText.folder(text(call)))
            let script =
                "#!/bin/bash\n\(try assignments(environment, call))exec \"\(try call.text(0))\" \(arguments)\"$@\"\n"
            try writeScript(script, to: text(call), call)
            return .nil
        }
        table.define("env_script_all_files") { call in
            try wrapAll(into: call.text(0), call[1], call)
            return .nil
        }
        table.define("write_jar_script") { call in
            let target = try call.interpreter.string(of: call[0])
            let name = try call.text(1)
            let options = call.positional.count > 2 ? call.positional[2].characters ?? "" : ""
            let version = try call.keywordText("java_version")
            try call.interpreter.makeFolders(text(call))
            let java = LanguageMethods.javaHome(version, call, isOverridable: true)
            let script =
                "#!/bin/bash\nexport JAVA_HOME=\"\(java)\"\nexec \"${JAVA_HOME}/bin/java\" \(options) -jar \"\(target)\" \"$@\"\n"
            try writeScript(script, to: PathText.joined(text(call), name), call)
            return .nil
        }
    }

    private static func writeScript(_ script: String, to path: String, _ call: Call) throws {
        let interpreter = call.interpreter
        if interpreter.exists(path), interpreter.context.era == .homebrew4 {
            throw call.raising("RuntimeError", "Will not overwrite \(path)")
        }
        try interpreter.makeFolders(PathText.folder(interpreter.absolute(path)))
        try interpreter.writeText(script, to: path)
        try interpreter.host?.setMode(0o555, of: interpreter.absolute(path))
    }

    /// `A="b" C="d" ` before a command.
    private static func assignments(_ environment: Value, _ call: Call) throws -> String {
        guard case .hash(let box) = environment else { throw call.unsupported("these arguments") }
        return try box.pairs.map {
            "\(try call.interpreter.string(of: $0.key))=\"\(try call.interpreter.string(of: $0.value))\" "
        }.joined()
    }

    /// Moves the programs of a folder away and puts scripts in their places.
    private static func wrapAll(into folder: String, _ environment: Value, _ call: Call) throws {
        let interpreter = call.interpreter
        try interpreter.makeFolders(folder)
        guard let host = interpreter.host else { return }
        for path in try interpreter.glob(PathText.joined(text(call), "*")) {
            let name = PathText.base(path)
            guard !interpreter.isFolder(path) else { continue }
            let target = PathText.joined(folder, name)
            try host.move(interpreter.absolute(path), to: interpreter.absolute(target))
            let script = "#!/bin/bash\n\(try assignments(environment, call))exec \"\(target)\" \"$@\"\n"
            try writeScript(script, to: path, call)
        }
    }
}
