/// `Process`, `Open3`, `IO.popen`, `PTY`, and the streams and statuses they deal in.
enum ProcessMethods {
    static let process = MethodTable { table in
        table.define("kill") { call in
            let name = try call.interpreter.string(of: call[0])
            for value in call.arguments.dropFirst() {
                try call.interpreter.requireHost(call).signal(signalName(name), process: value.integer ?? 0)
            }
            return .int(1)
        }
        table.define("wait", "waitpid", "detach") { call in
            let process = try call.integer(0)
            if call.name == "detach" { return .nil }
            call.interpreter.lastStatus = try call.interpreter.requireHost(call).wait(for: process)
            return .int(process)
        }
        table.define("wait2", "waitpid2") { call in
            let status = try call.interpreter.requireHost(call).wait(for: call.integer(0))
            call.interpreter.lastStatus = status
            return .list([call[0], .object(StatusObject(status: status))])
        }
        table.define("spawn") { call in
            .int(try call.interpreter.requireHost(call).start(FormulaMethods.command(call.arguments, .system, call)))
        }
        table.define("pid", "ppid") { _ in .int(1) }
        table.define("uid", "euid", "gid", "egid") { _ in .int(1000) }
        table.define("clock_gettime") { _ in .float(0) }
        table.define("last_status") { call in .object(StatusObject(status: call.interpreter.lastStatus)) }
    }

    /// `9` as `KILL`, `SIGTERM` as `TERM`
    private static func signalName(_ name: String) -> String {
        let byNumber = ["1": "HUP", "2": "INT", "3": "QUIT", "6": "ABRT", "9": "KILL", "15": "TERM"]
        return byNumber[name] ?? (name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name)
    }

    static let open3 = MethodTable { table in
        table.define("capture2", "capture2e", "capture3") { call in
            var command = try FormulaMethods.command(call.arguments, .capture, call)
            command.input = try call.keywordText("stdin_data").map { Array($0.utf8) }
            command.errorOutput = call.name == "capture2e" ? .merged : .log
            let result = try FormulaMethods.run(command, call)
            let status = Value.object(StatusObject(status: result.status))
            let output = Value.text(UTF8Text.string(result.output))
            return .list(call.name == "capture3" ? [output, .text(""), status] : [output, status])
        }
        table.define("popen3", "popen2", "popen2e") { call in try converse(call) }
        table.define("pipeline", "pipeline_r") { call in
            throw call.refusing("unsupported.method", "`Open3.\(call.name)` is not supported")
        }
    }

    /// The block writes to the command and then reads from it. The command runs when the first line is read, with what
    /// was written by then.
    private static func converse(_ call: Call) throws -> Value {
        let command = try FormulaMethods.command(call.arguments, .capture, call)
        let input = OpenFile(path: "")
        let output = CommandStream(command: command, input: input, call: call)
        let block = try call.needBlock()
        let parts: [Value] =
            call.name == "popen3"
            ? [.object(input), .object(output), .object(OpenFile(path: "")), .object(StatusObject(status: 0))]
            : [.object(input), .object(output), .object(StatusObject(status: 0))]
        let value = try call.interpreter.call(block, parts)
        try output.finish()
        return value
    }

    static let pty = MethodTable { table in
        table.define("spawn") { call in
            let command = try FormulaMethods.command(call.arguments, .capture, call)
            let input = OpenFile(path: "")
            let output = CommandStream(command: command, input: input, call: call)
            let value = try call.interpreter.call(call.needBlock(), [.object(output), .object(input), .int(0)])
            try output.finish()
            return value
        }
    }

    static let io = MethodTable(including: [FileMethods.statics]) { table in
        table.define("popen") { call in
            var arguments = call.arguments
            let mode = arguments.count > 1 ? arguments[1].characters ?? "r" : "r"
            if arguments.count > 1, arguments[1].characters != nil { arguments.remove(at: 1) }
            let command = try FormulaMethods.command(arguments, .capture, call)
            let input = OpenFile(path: "")
            let stream = CommandStream(command: command, input: input, call: call)
            guard let block = call.block else {
                if mode == "r" { return .object(stream) }
                throw call.unsupported("a mode and no block")
            }
            let value = try call.interpreter.call(block, [.object(stream)])
            try stream.finish()
            return value
        }
        table.define("pipe", "select", "copy_stream") { call in
            throw call.refusing("unsupported.method", "`IO.\(call.name)` is not supported")
        }
    }
}

/// The output of a command that runs when it is first read.
final class CommandStream: ObjectBox {
    private let command: HostCommand
    private let input: OpenFile
    private let call: Call
    private var output: OpenFile?

    init(command: HostCommand, input: OpenFile, call: Call) {
        self.command = command
        self.input = input
        self.call = call
    }

    override var nativeClassName: String { "IO" }
    override var nativeMethods: MethodTable { Self.table }

    /// Runs the command, if it did not run yet.
    @discardableResult
    func finish() throws -> OpenFile {
        if let output { return output }
        var command = command
        command.input = Array(input.content.utf8)
        let result = try FormulaMethods.run(command, call)
        let output = OpenFile(path: "")
        output.content = UTF8Text.string(result.output)
        self.output = output
        return output
    }

    private static func stream(_ call: Call) throws -> CommandStream {
        guard case .object(let stream as CommandStream) = call.receiver else { throw call.unsupported("this object") }
        return stream
    }

    private static let table = MethodTable { table in
        for name in ["read", "gets", "readline", "each_line", "each", "readlines", "eof?", "to_a"] {
            table.define(name) { call in
                try call.interpreter.send(.object(stream(call).finish()), name, call.arguments, block: call.block)
            }
        }
        for name in ["write", "puts", "print", "<<", "printf"] {
            table.define(name) { call in
                try call.interpreter.send(.object(stream(call).input), name, call.arguments)
            }
        }
        table.define("close", "close_write", "flush", "sync=", "sync", "winsize=") { _ in .nil }
        table.define("readpartial", "read_nonblock") { call in
            try call.interpreter.send(.object(stream(call).finish()), "read")
        }
        table.define("pid") { _ in .int(0) }
    }
}

/// A Process::Status.
final class StatusObject: ObjectBox {
    let status: Int
    init(status: Int) { self.status = status }

    override var nativeClassName: String { "Process::Status" }
    override var nativeMethods: MethodTable { Self.table }
    override var displayText: String { "exit \(status)" }

    private static let table = MethodTable { table in
        table.define("exitstatus", "to_i", "value") { call in
            guard case .object(let object as StatusObject) = call.receiver else { return .nil }
            return call.name == "value" ? call.receiver : .int(object.status)
        }
        table.define("success?") { call in
            guard case .object(let object as StatusObject) = call.receiver else { return .nil }
            return .bool(object.status == 0)
        }
        table.define("exited?") { _ in .bool(true) }
        table.define("signaled?") { _ in .bool(false) }
        table.define("pid") { _ in .int(0) }
    }
}

/// `$stdout` and its kin.
final class StreamObject: ObjectBox {
    let name: String
    init(name: String) { self.name = name }
    override var nativeClassName: String { "IO" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("puts", "print", "write", "<<") { call in
            for text in try call.texts() { call.interpreter.host?.log(TextTrimming.chomp(text, nil), level: .text) }
            return .nil
        }
        table.define("flush", "sync=", "sync", "reopen", "fsync") { call in call.receiver }
        table.define("tty?", "isatty") { _ in .bool(false) }
    }
}

/// A TCPServer that only tells a free port.
enum SocketMethods {
    static let server = MethodTable { table in
        table.define("new", "open") { call in
            .object(ServerObject(port: try call.interpreter.requireHost(call).freePort()))
        }
    }
}

final class ServerObject: ObjectBox {
    let port: Int
    init(port: Int) { self.port = port }
    override var nativeClassName: String { "TCPServer" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("addr") { call in
            guard case .object(let object as ServerObject) = call.receiver else { return .nil }
            return .list([.text("AF_INET"), .int(object.port), .text("127.0.0.1"), .text("127.0.0.1")])
        }
        table.define("close") { _ in .nil }
        table.define("accept", "accept_nonblock", "listen") { call in
            throw call.refusing("unsupported.method", "`TCPServer#\(call.name)` is not supported")
        }
    }
}
