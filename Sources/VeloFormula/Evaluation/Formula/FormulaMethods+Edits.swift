/// Changing texts: `inreplace`, shebangs, completions.
extension FormulaMethods {
    static let edits = MethodTable { table in
        table.define("inreplace") { call in try replaceText(call) }
        table.define("rewrite_shebang") { call in
            guard case .object(let info as ShebangObject) = call[0] else { throw call.unsupported("this argument") }
            for path in try call.texts(from: 1) where call.interpreter.isFile(path) {
                let text = try call.interpreter.readText(path)
                guard let rewritten = try info.rewritten(text, call) else { continue }
                guard call.interpreter.announce(.replaceText(path: path)) else { continue }
                try call.interpreter.writeText(rewritten, to: path)
            }
            return .nil
        }
        table.define("detected_python_shebang") { call in try LanguageMethods.pythonShebang(call) }
        table.define("detected_perl_shebang") { call in try LanguageMethods.perlShebang(call) }
        table.define("detected_node_shebang") { call in try LanguageMethods.nodeShebang(call) }
        table.define("generate_completions_from_executable") { call in try generateCompletions(call) }
        table.define("test_fixtures") { call in
            .path("\(call.interpreter.context.repository)/Library/Homebrew/test/support/fixtures/\(try call.text(0))")
        }
        table.define("fails_with") { _ in .nil }
    }

    // MARK: inreplace

    /// `inreplace paths, before, after` or `inreplace paths do |s| … end`
    static func replaceText(_ call: Call) throws -> Value {
        let interpreter = call.interpreter
        let paths = try interpreter.flattened([call[0]]).map { try interpreter.string(of: $0) }
        if paths.isEmpty, interpreter.context.era != .homebrew4 {
            throw call.raising("BuildError", "inreplace failed: no files were given")
        }
        for path in paths {
            guard interpreter.announce(.replaceText(path: path)) else { continue }
            let text = try interpreter.readText(path)
            let edit = InreplaceObject(text)
            if let block = call.block {
                _ = try interpreter.call(block, [.object(edit)])
            } else {
                try edit.replace(
                    call.with(Array(call.positional.dropFirst().prefix(2))),
                    isGlobal: call.keyword("global")?.isTruthy ?? true)
            }
            let isAudited =
                call.keyword("audit_result")?.isTruthy ?? (call.positional.count < 4 || call.positional[3].isTruthy)
            if !edit.errors.isEmpty, isAudited {
                throw call.raising("BuildError", "inreplace failed in \(path): \(edit.errors.joined(separator: "; "))")
            }
            guard edit.text.text != text else { continue }
            try interpreter.writeText(edit.text.text, to: path)
        }
        return .nil
    }

    // MARK: Completions

    private static func generateCompletions(_ call: Call) throws -> Value {
        let interpreter = call.interpreter
        let object = try object(call)
        let base = try call.keywordText("base_name") ?? object.name
        let prefix = try object.prefix(call)
        let words = try interpreter.flattened(call.positional).map { try interpreter.string(of: $0) }
        let style = call.keyword("shell_parameter_format")
        let defaults = defaultShells(style)
        let shells =
            try call.keyword("shells").map { try interpreter.list(from: $0).compactMap(\.characters) } ?? defaults
        for shell in shells {
            guard let path = completionPath(shell, base, prefix) else { throw call.unsupported("the shell `\(shell)`") }
            var environment = interpreter.environment
            environment["SHELL"] = shell
            let extra = try parameter(shell, style, program: words[0], &environment, call)
            var command = try command((words + extra).map { .text($0) }, .capture, call)
            command.environment = environment
            try interpreter.makeFolders(PathText.folder(path))
            try interpreter.writeText(UTF8Text.string(runChecked(command, call).output), to: path)
        }
        return .nil
    }

    private static func defaultShells(_ style: Value?) -> [String] {
        switch style?.characters {
        case "cobra", "typer": ["bash", "zsh", "fish", "pwsh"]
        default: ["bash", "zsh", "fish"]
        }
    }

    private static func completionPath(_ shell: String, _ base: String, _ prefix: String) -> String? {
        switch shell {
        case "bash": "\(prefix)/etc/bash_completion.d/\(base)"
        case "zsh": "\(prefix)/share/zsh/site-functions/_\(base)"
        case "fish": "\(prefix)/share/fish/vendor_completions.d/\(base).fish"
        case "pwsh": "\(prefix)/share/pwsh/completions/_\(base).ps1"
        default: nil
        }
    }

    /// How the shell is told to the program.
    private static func parameter(
        _ shell: String, _ style: Value?, program: String, _ environment: inout [String: String], _ call: Call
    ) throws -> [String] {
        let name = shell == "pwsh" ? "powershell" : shell
        func variable(_ ending: String) -> String {
            String(PathText.base(program).uppercased().map { $0 == "-" ? "_" : $0 }) + ending
        }
        switch style {
        case nil, .nil: return [name]
        case .symbol("flag"): return ["--\(name)"]
        case .symbol("arg"): return ["--shell=\(name)"]
        case .symbol("none"): return []
        case .symbol("click"):
            environment["_" + variable("_COMPLETE")] = "\(name)_source"
            return []
        case .symbol("clap"):
            environment["COMPLETE"] = name
            return []
        case .symbol("cobra"): return ["completion", name]
        case .symbol("typer"):
            environment["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
            return ["--show-completion", name]
        case .some(let value): return ["\(try call.interpreter.string(of: value))\(name)"]
        }
    }
}

/// What the block of `inreplace` changes.
final class InreplaceObject: ObjectBox {
    let text: StringBox
    var errors: [String] = []

    init(_ text: String) { self.text = StringBox(text) }

    override var nativeClassName: String { "StringInreplaceExtension" }
    override var nativeMethods: MethodTable { Self.table }
    override var implicitText: String? { text.text }
    override var displayText: String { text.text }

    func replace(_ call: Call, isGlobal: Bool) throws {
        // A plain text in the replacement means itself.
        var call = call
        if case .string = call[0], call.count > 1 {
            let literal = RegexpMethods.literalReplacement(try call.interpreter.string(of: call[1]))
            call = call.with([call[0], .text(literal)])
        } else if call.count > 1 {
            call = call.with([call[0], .text(try call.interpreter.string(of: call[1]))])
        }
        if case .path(let path) = call[0] { call = call.with([.text(path)] + call.arguments.dropFirst()) }
        if let changed = try StringMethods.substituted(text.text, call, isGlobal: isGlobal) {
            text.text = changed
        } else {
            errors.append("expected replacement of \(try call.interpreter.inspect(call[0]))")
        }
    }

    private static func object(_ call: Call) throws -> InreplaceObject {
        guard case .object(let object as InreplaceObject) = call.receiver else { throw call.unsupported("this object") }
        return object
    }

    private static let table = MethodTable { table in
        table.define("gsub!", "sub!") { call in
            let object = try object(call)
            let isAudited = call.count < 3 || call[2].isTruthy
            let known = object.errors.count
            try object.replace(call.with(Array(call.positional.prefix(2))), isGlobal: call.name == "gsub!")
            if !isAudited || !(call.keyword("audit_result")?.isTruthy ?? true) {
                object.errors.removeSubrange(known...)
            }
            return .nil
        }
        table.define("change_make_var!") { call in
            let object = try object(call)
            let name = RegexpMethods.escaped(try call.text(0))
            let pattern = try call.interpreter.regexp(
                "^\(name)[ \\t]*[\\\\?\\+\\:\\!]?=[ \\t]*((?:.*\\\\\\n)*.*)$", RegexpOptions())
            let value = RegexpMethods.literalReplacement(try call.interpreter.string(of: call[1]))
            try object.replace(call.with([.regexp(pattern), .text("\(try call.text(0))=\(value)")]), isGlobal: true)
            return .nil
        }
        table.define("remove_make_var!") { call in
            let object = try object(call)
            for name in try call.texts() {
                let pattern = try call.interpreter.regexp(
                    "^\(RegexpMethods.escaped(name))[ \\t]*[\\\\?\\+\\:\\!]?=(?:.*\\\\\\n)*.*$\\n", RegexpOptions())
                try object.replace(call.with([.regexp(pattern), .text("")]), isGlobal: true)
            }
            return .nil
        }
        table.define("get_make_var") { call in
            let name = RegexpMethods.escaped(try call.text(0))
            let pattern = try call.interpreter.regexp(
                "^\(name)[ \\t]*[\\\\?\\+\\:\\!]?=[ \\t]*((?:.*\\\\\\n)*.*)$", RegexpOptions())
            return try call.interpreter.match(pattern, object(call).text.text)?.group(1) ?? .nil
        }
        table.define("inreplace_string") { call in .string(try object(call).text) }
        for name in [
            "include?", "match?", "=~", "[]", "scan", "lines", "to_s", "split", "match", "index", "length", "each_line",
        ] {
            table.define(name) { call in
                try call.interpreter.send(.string(object(call).text), name, call.arguments, block: call.block)
            }
        }
    }
}

extension RegexpMethods {
    /// A replacement in which backslashes mean themselves.
    static func literalReplacement(_ text: String) -> String {
        text.contains("\\")
            ? text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\") : text
    }
}
