/// What can be called without a receiver anywhere.
enum KernelMethods {
    static let table = MethodTable { table in
        defineControl(&table)
        defineConversions(&table)
        defineOutput(&table)
        defineCommands(&table)
        table.define("require", "require_relative", "load") { call in try require(call) }
        table.define("rand") { call in
            if let limit = call[0].integer { return .int(call.interpreter.random(below: max(1, limit))) }
            if case .range = call[0] {
                let values = try RangeMethods.elements(of: call[0], call.interpreter)
                return values.isEmpty ? .nil : values[call.interpreter.random(below: values.count)]
            }
            return .float(Double(call.interpreter.random(below: 1_000_000)) / 1_000_000)
        }
        table.define("open") { call in
            guard let open = FileMethods.statics["open"] else { return .nil }
            return try open(call)
        }
        table.define("srand") { _ in .int(0) }
        table.define("binding") { call in throw call.refusing("unsupported.method", "`binding` is not supported") }
        table.define("eval", "instance_eval_string") { call in
            throw call.refusing("unsupported.method", "evaluating text as code is not supported")
        }
        table.define("odeprecated", "odisabled") { call in
            throw call.refusing("removed.method", "`\(try call.text(0))` is no longer part of the formula language")
        }
        table.define("sleep") { call in
            try call.interpreter.requireHost(call).sleep(seconds: NumberMethods.double(call[0]))
            return .int(call[0].integer ?? 0)
        }
        table.define("on_macos", "on_linux") { call in
            guard let native = PlatformStanzas.table[call.name] else { return .nil }
            return try native(call)
        }
        table.define("using", "sig", "trap", "at_exit", "warn_deprecated") { _ in .nil }
        table.define("caller", "caller_locations") { _ in .list([]) }
    }

    /// Libraries that the evaluator stands in for; anything else is refused.
    private static let libraries: Set<String> = [
        "English", "abstract_command", "base64", "bigdecimal", "benchmark", "compilers", "csv", "date", "delegate",
        "dependencies", "development_tools", "digest", "digest/md5", "digest/sha1", "digest/sha2", "download_strategy",
        "erb", "etc", "expect", "extend/ENV", "fileutils", "find", "forwardable", "formula", "hardware", "io/console",
        "io/wait", "json", "keg", "language/go", "language/haskell", "language/java", "language/node", "language/perl",
        "language/php", "language/python", "logger", "macho", "mkmf", "monitor", "net/http", "open-uri", "open3",
        "openssl",
        "optparse", "os/linux/glibc", "os/mac/xcode", "ostruct", "pathname", "pp", "pty", "rbconfig", "requirement",
        "resource", "rexml/document", "securerandom", "set", "shellwords", "singleton", "socket", "stringio", "strscan",
        "tempfile", "thread", "time", "timeout", "tmpdir", "tsort", "unpack_strategy", "uri", "utils/inreplace",
        "utils/linkage", "utils/shebang", "version", "yaml", "zlib",
    ]

    private static func require(_ call: Call) throws -> Value {
        let name = try call.text(0)
        if call.name != "require_relative",
            libraries.contains(name) || name.hasPrefix("language/") || name.hasPrefix("extend/")
        {
            return .bool(true)
        }
        throw call.refusing(
            "unsupported.require", "`\(call.name) \"\(name)\"` is not supported",
            hint: "a formula can use what the formula language brings; other files and libraries are not loaded")
    }

    // MARK: Control

    private static func defineControl(_ table: inout MethodTable) {
        table.define("raise", "fail") { call in throw try exception(call) }
        table.define("loop") { call in
            let block = try call.needBlock()
            do {
                while true { _ = try call.interpreter.call(block, []) }
            } catch Unwind.raised where call.interpreter.baggage.exception?.className == "StopIteration" {
                return .nil
            }
        }
        table.define("catch") { call in
            let tag: Value = call.count > 0 ? call[0] : .object(ObjectBox())
            do {
                return try call.yield(tag)
            } catch Unwind.thrown where HashKey(call.interpreter.baggage.tag) == HashKey(tag) {
                return call.interpreter.baggage.value
            }
        }
        table.define("throw") { call in
            call.interpreter.baggage.tag = call[0]
            throw call.interpreter.leave(.thrown, call[1])
        }
        table.define("lambda") { call in
            let block = try call.needBlock()
            block.isLambda = true
            return .proc(block)
        }
        table.define("proc") { call in .proc(try call.needBlock()) }
        table.define("block_given?") { call in .bool(call.frame.activation.block != nil) }
        table.define("exit", "exit!", "abort") { call in
            throw Unwind.exit(call[0].integer ?? (call.name == "abort" ? 1 : 0))
        }
        table.define("freeze") { call in call.receiver }
    }

    private static func exception(_ call: Call) throws -> Unwind {
        switch call[0] {
        case .nil:
            if let current = call.interpreter.exceptions.last { return call.interpreter.raise(current) }
            return call.raising("RuntimeError", "unhandled exception")
        case .string(let box): return call.raising("RuntimeError", box.text)
        case .object(let exception as ExceptionObject):
            if exception.span == nil { exception.span = call.span }
            if call.count > 1 { exception.message = try call.interpreter.string(of: call[1]) }
            return call.interpreter.raise(exception)
        case .type(let type):
            let arguments = call.hasKeywords ? call.positional : call.arguments
            let made = try call.interpreter.send(.type(type), "new", Array(arguments.dropFirst().prefix(1)))
            guard case .object(let exception as ExceptionObject) = made else {
                throw call.raising("TypeError", "exception class/object expected")
            }
            exception.span = call.span
            return call.interpreter.raise(exception)
        default: throw call.raising("TypeError", "exception class/object expected")
        }
    }

    // MARK: Conversions

    private static func defineConversions(_ table: inout MethodTable) {
        table.define("Array") { call in .list(try call.interpreter.list(from: call[0])) }
        table.define("String") { call in .text(try call.interpreter.string(of: call[0])) }
        table.define("Pathname") { call in .path(try call.interpreter.string(of: call[0])) }
        table.define("Integer") { call in
            if let text = call[0].characters {
                let trimmed = text.filter { $0 != "_" }
                guard
                    let number = Int(trimmed)
                        ?? Int(
                            trimmed.dropFirst(trimmed.hasPrefix("0x") ? 2 : 0), radix: trimmed.hasPrefix("0x") ? 16 : 10
                        )
                else {
                    if call.keyword("exception").map({ !$0.isTruthy }) ?? false { return .nil }
                    throw call.raising("ArgumentError", "invalid value for Integer(): \(StringMethods.inspect(text))")
                }
                return .int(number)
            }
            return .int(try call.integer(0))
        }
        table.define("Float") { call in
            if let text = call[0].characters {
                guard let number = Double(text) else {
                    throw call.raising("ArgumentError", "invalid value for Float(): \(StringMethods.inspect(text))")
                }
                return .float(number)
            }
            return .float(NumberMethods.double(call[0]))
        }
        table.define("Hash") { call in
            if case .hash = call[0] { return call[0] }
            return .hash(HashBox())
        }
        table.define("Version") { call in .object(VersionObject(PackageVersion(try call.text(0)))) }
        table.define("format", "sprintf") { call in
            .text(try FormatText.format(call.text(0), Array(call.arguments.dropFirst()), call))
        }
        table.define("URI") { call in .object(try URIObject(call.text(0), call)) }
    }

    // MARK: Output

    private static func defineOutput(_ table: inout MethodTable) {
        table.define("puts", "print", "p", "pp", "putc") { call in
            let inspects = call.name == "p" || call.name == "pp"
            for value in try call.interpreter.flattened(call.arguments) {
                let text = try inspects ? call.interpreter.inspect(value) : call.interpreter.string(of: value)
                call.interpreter.host?.log(TextTrimming.chomp(text, nil), level: .text)
            }
            return inspects ? call[0] : .nil
        }
        table.define("printf") { call in
            let text = try FormatText.format(call.text(0), Array(call.arguments.dropFirst()), call)
            call.interpreter.host?.log(TextTrimming.chomp(text, nil), level: .text)
            return .nil
        }
        for (name, level) in [
            ("ohai", HostLogLevel.heading), ("oh1", .heading), ("opoo", .warning), ("warn", .warning), ("onoe", .error),
        ] {
            table.define(name) { call in
                for text in try call.texts() { call.interpreter.host?.log(text, level: level) }
                return .nil
            }
        }
        table.define("odie") { call in
            let text = try call.text(0)
            call.interpreter.host?.log(text, level: .error)
            throw call.raising("SystemExit", text)
        }
    }

    private static func defineCommands(_ table: inout MethodTable) {
        for name in [
            "system", "quiet_system", "safe_system", "which", "with_env", "exec", "fork", "spawn", "`", "mktemp", "cd",
            "chdir", "mkdir", "inreplace",
        ] {
            table.define(name) { call in
                guard let native = FormulaMethods.commands[name] ?? FileUtilsMethods.table[name] else { return .nil }
                return try native(call)
            }
        }
    }
}
