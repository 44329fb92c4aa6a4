/// Running commands.
extension FormulaMethods {
    static let commands = MethodTable { table in
        defineSystem(&table)
        defineProcesses(&table)
        defineSurroundings(&table)
    }

    /// The words of a command: a leading hash is environment, a trailing one options.
    static func command(
        _ arguments: [Value], _ purpose: HostCommand.Purpose, _ call: Call, input: String? = nil
    ) throws -> HostCommand {
        let interpreter = call.interpreter
        var rest = arguments[...]
        var environment = interpreter.environment
        var errorOutput = HostCommand.ErrorOutput.log
        if case .hash(let box)? = rest.first {
            rest = rest.dropFirst()
            for (key, value) in box.pairs {
                environment[try interpreter.string(of: key)] = value.isNil ? nil : try interpreter.string(of: value)
            }
        }
        var folder = interpreter.folder
        if case .hash(let box)? = rest.last {
            rest = rest.dropLast()
            if let place = box[symbol: "chdir"]?.characters { folder = interpreter.absolute(place) }
            if case .symbol("close")? = box[symbol: "err"] { errorOutput = .discarded }
            if case .array? = box[symbol: "err"] { errorOutput = .merged }
            if case .symbol("out")? = box[symbol: "err"] { errorOutput = .merged }
        }
        // A list that was not spread is one word: what Ruby's `to_s` makes of it.
        let words = try rest.map { value in
            if case .array = value { return try interpreter.inspect(value) }
            return try interpreter.string(of: value)
        }
        guard let first = words.first else { throw call.wrongCount() }
        let program: HostCommand.Program =
            words.count == 1 && (first.contains(" ") || ShellText.needsShell(first)) ? .shell(first) : .arguments(words)
        return HostCommand(
            program, purpose: purpose, folder: folder, environment: environment, input: input.map { Array($0.utf8) },
            errorOutput: errorOutput)
    }

    /// Runs a command whose failure is an error.
    static func runChecked(_ command: HostCommand, _ call: Call) throws -> HostCommandResult {
        let result = try run(command, call)
        guard result.status == 0 else { throw failure(of: command, status: result.status, call) }
        return result
    }

    static func run(_ command: HostCommand, _ call: Call) throws -> HostCommandResult {
        let result = try call.interpreter.requireHost(call).run(command)
        call.interpreter.lastStatus = result.status
        return result
    }

    static func failure(of command: HostCommand, status: Int, _ call: Call) -> Unwind {
        let exception = ExceptionObject(
            "BuildError", "command failed with status \(status): \(command.words.joined(separator: " "))",
            span: call.span)
        exception.facts = CommandFailure(arguments: command.words, status: status, folder: command.folder)
        return call.interpreter.raise(exception)
    }

    private static func defineSystem(_ table: inout MethodTable) {
        table.define("system", "safe_system") { call in
            _ = try runChecked(command(call.arguments, .system, call), call)
            return .bool(true)
        }
        table.define("quiet_system") { call in
            do {
                return .bool(try run(command(call.arguments, .system, call), call).status == 0)
            } catch is HostError {
                return .bool(false)
            }
        }
        table.define("xcodebuild") { call in
            _ = try runChecked(command([.text("xcodebuild")] + call.arguments, .system, call), call)
            return .bool(true)
        }
        table.define("`") { call in .text(try call.interpreter.shellOutput(call.text(0))) }
        table.define("exec") { call in
            let command = try command(call.arguments, .system, call)
            // Inside `fork` the block's process becomes the command.
            if let fork = call.interpreter.forks.last {
                fork.process = try call.interpreter.requireHost(call).start(command)
                throw Unwind.exit(0)
            }
            throw Unwind.exit(try run(command, call).status)
        }
    }

    // MARK: Processes beside ours

    private static func defineProcesses(_ table: inout MethodTable) {
        table.define("fork") { call in
            let block = try call.needBlock()
            let fork = ForkedBlock()
            let (folder, environment) = (call.interpreter.folder, call.interpreter.environment)
            call.interpreter.forks.append(fork)
            defer {
                call.interpreter.forks.removeLast()
                call.interpreter.folder = folder
                call.interpreter.environment = environment
            }
            do {
                _ = try call.interpreter.call(block, [])
            } catch Unwind.exit {
                // The block is over.
            }
            guard let process = fork.process else {
                throw call.refusing(
                    "unsupported.fork", "`fork` is supported for blocks that end in `exec` or consist of `system`")
            }
            return .int(process)
        }
        table.define("spawn") { call in
            let process = try call.interpreter.requireHost(call).start(command(call.arguments, .system, call))
            return .int(process)
        }
    }

    // MARK: Surroundings

    private static func defineSurroundings(_ table: inout MethodTable) {
        table.define("with_env") { call in
            guard case .hash(let box) = call[0] else { throw call.unsupported("this argument") }
            let old = call.interpreter.environment
            defer { call.interpreter.environment = old }
            for (key, value) in box.pairs {
                let name = try call.interpreter.string(of: key)
                call.interpreter.environment[name] = value.isNil ? nil : try call.interpreter.string(of: value)
            }
            return try call.interpreter.call(call.needBlock(), [])
        }
        table.define("which") { call in
            try call.interpreter.which(call.text(0), path: call.optionalText(1)).map { .path($0) } ?? .nil
        }
        table.define("which_all") { call in
            try call.interpreter.which(call.text(0), path: nil).map { .list([.path($0)]) } ?? .list([])
        }
        table.define("mktemp") { call in
            let interpreter = call.interpreter
            let path = try interpreter.requireHost(call).makeTemporaryFolder(
                prefix: call.positional.first?.characters ?? "mktemp")
            return try interpreter.inside(path) {
                try interpreter.call(call.needBlock(), [.object(MktempObject(path))])
            }
        }
        table.define("brew_sh", "ignore_interrupts", "interactive_shell") { call in
            guard call.block != nil else { return .nil }
            return try call.yield()
        }
    }
}

/// What the block of `mktemp` is given.
final class MktempObject: ObjectBox {
    let path: String
    init(_ path: String) { self.path = path }

    override var nativeClassName: String { "Mktemp" }
    override var displayText: String { path }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("tmpdir") { call in
            guard case .object(let object as MktempObject) = call.receiver else { return .nil }
            return .path(object.path)
        }
        table.define("retain!", "quiet!", "retain_in_cache!") { _ in .nil }
    }
}

/// A block that `fork` runs, up to the command that its process becomes.
final class ForkedBlock {
    var process: Int?
}

extension Interpreter {
    /// Backticks.
    func shellOutput(_ line: String) throws -> String {
        let command = HostCommand(.shell(line), purpose: .capture, folder: folder, environment: environment)
        let result = try requireHost("`").run(command)
        lastStatus = result.status
        return UTF8Text.string(result.output)
    }

    func which(_ name: String, path: String?) -> String? {
        if name.contains("/") { return exists(name) ? name : nil }
        for place in (path ?? environment["PATH"] ?? "").split(separator: ":") {
            let candidate = "\(place)/\(name)"
            if let status = status(candidate), status.kind == .file, status.mode & 0o111 != 0 { return candidate }
        }
        return nil
    }
}
