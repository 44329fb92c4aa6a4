/// Class methods of File, Dir and IO, and open files.
enum FileMethods {
    static let statics = MethodTable { table in
        defineText(&table)
        defineQuestions(&table)
        defineContents(&table)
    }

    private static func defineText(_ table: inout MethodTable) {
        table.define("join") { call in .text(try joined(call.texts())) }
        table.define("basename") { call in
            let name = PathText.base(try call.text(0))
            return .text(call.count > 1 ? base(name, without: try call.text(1)) : name)
        }
        table.define("dirname") { call in .text(PathText.folder(try call.text(0))) }
        table.define("extname") { call in .text(PathText.plainExtension(PathText.base(try call.text(0)))) }
        table.define("expand_path", "absolute_path") { call in
            let folder = try call.optionalText(1).map { call.interpreter.absolute($0) } ?? call.interpreter.folder
            return .text(PathText.absolute(try call.text(0), in: folder, home: call.interpreter.home))
        }
        table.define("split") { call in .texts([PathText.folder(try call.text(0)), PathText.base(try call.text(0))]) }
        table.define("fnmatch", "fnmatch?") { call in .bool(GlobPattern.matches(try call.text(1), try call.text(0))) }
        table.define("absolute_path?") { call in .bool(PathText.isAbsolute(try call.text(0))) }
        table.define("umask") { _ in .int(0o022) }
    }

    /// `File.join`: one slash between the parts.
    private static func joined(_ parts: [String]) -> String {
        guard var result = parts.first else { return "" }
        for part in parts.dropFirst() {
            while result.hasSuffix("/") { result.removeLast() }
            result += part.hasPrefix("/") ? part : "/" + part
        }
        return result
    }

    static func base(_ name: String, without suffix: String) -> String {
        if suffix == ".*" { return String(name.dropLast(PathText.plainExtension(name).count)) }
        return name != suffix && TextTrimming.hasSuffix(name, suffix) ? String(name.dropLast(suffix.count)) : name
    }

    private static func defineQuestions(_ table: inout MethodTable) {
        // The same questions as of a Pathname.
        for name in [
            "exist?", "exists?", "directory?", "file?", "symlink?", "executable?", "readable?", "writable?", "zero?",
            "empty?",
            "size", "size?", "mtime", "stat", "lstat", "realpath", "readlink",
        ] {
            table.define(name) { call in
                let answer = try call.interpreter.send(.path(call.text(0)), name)
                if case .path(let path) = answer { return .text(path) }
                return answer
            }
        }
        table.define("identical?") { call in
            .bool(call.interpreter.absolute(try call.text(0)) == call.interpreter.absolute(try call.text(1)))
        }
    }

    private static func defineContents(_ table: inout MethodTable) {
        table.define("read", "binread") { call in .text(try call.interpreter.readText(call.text(0))) }
        table.define("readlines", "foreach") { call in
            let drops = call.keyword("chomp")?.isTruthy ?? false
            let lines = TextTrimming.lines(try call.interpreter.readText(call.text(0))).map {
                drops ? TextTrimming.chomp($0, nil) : $0
            }
            guard let block = call.block else { return .texts(lines) }
            for line in lines { _ = try call.interpreter.call(block, [.text(line)]) }
            return .nil
        }
        table.define("write", "binwrite") { call in
            let content = try call.interpreter.string(of: call[1])
            let isAppending = call.keyword("mode")?.characters?.hasPrefix("a") ?? false
            try call.interpreter.writeText(content, to: call.text(0), appending: isAppending)
            return .int(content.utf8.count)
        }
        table.define("open", "new") { call in
            try open(call.text(0), mode: call.positional.count > 1 ? mode(call.positional[1]) : "r", call)
        }
        for name in ["rename", "delete", "unlink", "chmod", "symlink", "link", "chown"] {
            table.define(name) { call in
                switch name {
                case "delete", "unlink":
                    for path in try call.texts() { _ = try call.interpreter.send(.path(path), "unlink") }
                case "chmod":
                    for path in try call.texts(from: 1) { try FileUtilsMethods.changeMode(call[0], of: path, call) }
                case "rename": _ = try call.interpreter.send(.path(call.text(0)), "rename", [call[1]])
                case "symlink": _ = try call.interpreter.send(.path(call.text(1)), "make_symlink", [call[0]])
                case "link": _ = try call.interpreter.send(.path(call.text(1)), "make_link", [call[0]])
                default: break
                }
                return .int(0)
            }
        }
    }

    /// `"w"`, or the flags of open(2) as the letters that mean the same.
    private static func mode(_ value: Value) -> String {
        guard case .int(let flags) = value else { return value.characters ?? "r" }
        if flags & 3 == 0 { return "r" }
        return flags & 0o2000 != 0 ? "a" : "w"
    }

    /// `File.open(path, mode) { |file| … }`
    static func open(_ path: String, mode: String, _ call: Call) throws -> Value {
        let interpreter = call.interpreter
        let file = OpenFile(path: interpreter.absolute(path))
        if mode.hasPrefix("r") {
            file.content = try interpreter.readText(path)
            if mode.contains("+") { file.isWritten = true }
        } else {
            file.isWritten = true
            if mode.hasPrefix("a"), interpreter.isFile(path) { file.content = try interpreter.readText(path) }
            file.position = file.content.utf8.count
            try file.flush(interpreter)
        }
        guard let block = call.block else { return .object(file) }
        let result = try interpreter.call(block, [.object(file)])
        try file.flush(interpreter)
        return result
    }

    static let dirStatics = MethodTable { table in
        table.define("[]", "glob") { call in
            let interpreter = call.interpreter
            let base = try call.keywordText("base")
            let hidden = call.positional.contains { $0.integer.map { $0 & 4 != 0 } ?? false }
            let patterns = try interpreter.flattened(call.positional).compactMap(\.characters)
            let found = try patterns.flatMap { try interpreter.glob($0, base: base, matchesHidden: hidden) }
            guard let block = call.block else { return .texts(found) }
            for path in found { _ = try interpreter.call(block, [.text(path)]) }
            return .nil
        }
        for name in ["chdir", "mkdir", "pwd", "getwd", "rmdir", "unlink", "delete"] {
            table.define(name) { call in
                let known = name == "rmdir" || name == "unlink" || name == "delete" ? "rmdir" : name
                guard let native = FileUtilsMethods.table[known] else { return .nil }
                return try native(call)
            }
        }
        table.define("exist?", "exists?") { call in .bool(call.interpreter.isFolder(try call.text(0))) }
        table.define("empty?") { call in try call.interpreter.send(.path(call.text(0)), "empty?") }
        table.define("children", "each_child", "entries") { call in
            let interpreter = call.interpreter
            var names = try interpreter.requireHost(call).names(in: interpreter.absolute(call.text(0)))
            if call.name == "entries" { names = [".", ".."] + names }
            guard let block = call.block else { return .texts(names) }
            for name in names { _ = try interpreter.call(block, [.text(name)]) }
            return .nil
        }
        table.define("home") { call in .text(call.interpreter.home) }
        table.define("tmpdir") { call in .text(call.interpreter.context.temporaryFolder) }
        table.define("mktmpdir") { call in
            let interpreter = call.interpreter
            let path = try interpreter.requireHost(call).makeTemporaryFolder(prefix: call[0].characters ?? "d")
            guard let block = call.block else { return .text(path) }
            return try interpreter.call(block, [.text(path)])
        }
    }
}

/// An open file: read whole when it is opened, written when it is closed.
final class OpenFile: ObjectBox {
    let path: String
    var content = ""
    var position = 0
    var isWritten = false

    init(path: String) { self.path = path }

    override var nativeClassName: String { "File" }
    override var nativeMethods: MethodTable { Self.table }

    func flush(_ interpreter: Interpreter) throws {
        if isWritten, !path.isEmpty { try interpreter.writeText(content, to: path) }
    }

    private static let table = MethodTable(including: [EnumerableMethods.table]) { table in
        table.define("write", "print", "<<") { call in
            let file = try file(call)
            for argument in call.arguments { file.append(try call.interpreter.string(of: argument)) }
            return call.name == "<<" ? call.receiver : .int(0)
        }
        table.define("puts") { call in
            let file = try file(call)
            if call.count == 0 { file.append("\n") }
            for argument in try call.interpreter.flattened(call.arguments) {
                let text = try call.interpreter.string(of: argument)
                file.append(text.hasSuffix("\n") ? text : text + "\n")
            }
            return .nil
        }
        table.define("printf") { call in
            try file(call).append(FormatText.format(call.text(0), Array(call.arguments.dropFirst()), call))
            return .nil
        }
        table.define("read") { call in
            let file = try file(call)
            let rest = UTF8Text.string(file.content.utf8.dropFirst(file.position))
            file.position = file.content.utf8.count
            return .text(rest)
        }
        table.define("gets", "readline") { call in
            let file = try file(call)
            guard let line = TextTrimming.lines(UTF8Text.string(file.content.utf8.dropFirst(file.position))).first
            else { return .nil }
            file.position += line.utf8.count
            return .text(line)
        }
        table.define("each_line", "each", "readlines") { call in
            let lines = TextTrimming.lines(try file(call).content)
            guard let block = call.block else { return .texts(lines) }
            for line in lines { _ = try call.interpreter.call(block, [.text(line)]) }
            return call.receiver
        }
        table.define("to_a") { call in .texts(TextTrimming.lines(try file(call).content)) }
        table.define("rewind", "seek") { call in
            try file(call).position = call.name == "seek" ? max(0, call.integer(0)) : 0
            return .int(0)
        }
        table.define("truncate") { call in
            let file = try file(call)
            file.content = String(decoding: file.content.utf8.prefix(max(0, try call.integer(0))), as: UTF8.self)
            file.position = file.content.utf8.count
            return .int(0)
        }
        table.define("eof?") { call in .bool(try file(call).position >= file(call).content.utf8.count) }
        table.define("path", "to_path") { call in .text(try file(call).path) }
        table.define("string") { call in .text(try file(call).content) }
        table.define("close", "flush", "fsync", "unlink") { call in
            try file(call).flush(call.interpreter)
            return .nil
        }
        table.define("binmode", "sync=", "chmod", "external_encoding") { call in call.receiver }
        table.define("closed?") { _ in .bool(false) }
    }

    private func append(_ text: String) {
        if position == content.utf8.count {
            content += text
        } else {
            let bytes = Array(content.utf8)
            content = UTF8Text.string(bytes[..<position] + text.utf8 + bytes.dropFirst(position + text.utf8.count))
        }
        position += text.utf8.count
    }

    private static func file(_ call: Call) throws -> OpenFile {
        guard case .object(let file as OpenFile) = call.receiver else {
            throw call.raising("IOError", "not an open file")
        }
        return file
    }
}

/// `File::Stat`
final class FileStatusObject: ObjectBox {
    let status: FileStatus
    init(_ status: FileStatus) { self.status = status }

    override var nativeClassName: String { "File::Stat" }
    override var nativeMethods: MethodTable { Self.table }

    private static let table = MethodTable { table in
        table.define("mode") { call in
            .int(Int(status(call)?.mode ?? 0) | (status(call)?.kind == .folder ? 0o40000 : 0o100000))
        }
        table.define("size") { call in .int(status(call)?.size ?? 0) }
        table.define("mtime") { call in .object(TimeObject(seconds: status(call)?.modified ?? 0)) }
        table.define("directory?") { call in .bool(status(call)?.kind == .folder) }
        table.define("file?") { call in .bool(status(call)?.kind == .file) }
        table.define("symlink?") { call in .bool(status(call)?.kind == .symbolicLink) }
        table.define("executable?") { call in .bool((status(call)?.mode ?? 0) & 0o111 != 0) }
        table.define("writable?", "readable?") { _ in .bool(true) }
        table.define("uid", "gid") { _ in .int(0) }
    }

    private static func status(_ call: Call) -> FileStatus? {
        guard case .object(let object as FileStatusObject) = call.receiver else { return nil }
        return object.status
    }
}
