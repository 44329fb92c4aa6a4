/// Methods of Pathname that read and change files.
extension PathnameMethods {
    static func defineFiles(_ table: inout MethodTable) {
        defineReading(&table)
        defineWriting(&table)
        defineChanging(&table)
    }

    private static func defineReading(_ table: inout MethodTable) {
        table.define("read", "binread") { call in .text(try call.interpreter.readText(text(call))) }
        table.define("readlines") { call in
            let drops = call.keyword("chomp")?.isTruthy ?? false
            return .texts(
                TextTrimming.lines(try call.interpreter.readText(text(call))).map {
                    drops ? TextTrimming.chomp($0, nil) : $0
                })
        }
        table.define("sha256") { call in
            let bytes = try call.interpreter.requireHost(call).read(call.interpreter.absolute(text(call)))
            return .text(SHA256Text.digest(bytes))
        }
        table.define("open") { call in
            try FileMethods.open(text(call), mode: call.positional.first?.characters ?? "r", call)
        }
        table.define("cd") { call in
            try call.interpreter.inside(text(call)) { try call.yield(call.receiver) }
        }
    }

    private static func defineWriting(_ table: inout MethodTable) {
        table.define("write", "binwrite") { call in
            let interpreter = call.interpreter
            let content = try interpreter.string(of: call[0])
            if call.name == "write", call.keyword("mode") == nil, interpreter.exists(text(call)),
                interpreter.context.era == .homebrew4
            {
                throw call.raising("RuntimeError", "Will not overwrite \(text(call))")
            }
            try interpreter.makeFolders(PathText.folder(interpreter.absolute(text(call))))
            try interpreter.writeText(
                content, to: text(call), appending: call.keyword("mode")?.characters?.hasPrefix("a") ?? false)
            return .int(content.utf8.count)
        }
        table.define("atomic_write") { call in
            try call.interpreter.writeText(call.text(0), to: text(call))
            return .nil
        }
        table.define("append_lines") { call in
            let interpreter = call.interpreter
            guard interpreter.exists(text(call)) else {
                throw call.raising("RuntimeError", "Cannot append file that doesn't exist: \(text(call))")
            }
            let content = try call.text(0)
            try interpreter.writeText(
                content.hasSuffix("\n") ? content : content + "\n", to: text(call), appending: true)
            return .nil
        }
        table.define("mkpath") { call in
            try call.interpreter.makeFolders(text(call))
            return .nil
        }
        table.define("mkdir") { call in
            try call.interpreter.requireHost(call).makeFolder(call.interpreter.absolute(text(call)), withParents: false)
            return .int(0)
        }
        table.define("touch") { call in
            try call.interpreter.requireHost(call).touch(call.interpreter.absolute(text(call)))
            return .nil
        }
    }

    private static func defineChanging(_ table: inout MethodTable) {
        table.define("unlink", "delete", "rmdir") { call in
            try call.interpreter.requireHost(call).remove(call.interpreter.absolute(text(call)), recursively: false)
            return .int(0)
        }
        table.define("rmtree") { call in
            if call.interpreter.status(text(call), followingLinks: false) != nil {
                try call.interpreter.requireHost(call).remove(call.interpreter.absolute(text(call)), recursively: true)
            }
            return .nil
        }
        table.define("rmdir_if_possible") { call in
            do {
                try call.interpreter.requireHost(call).remove(call.interpreter.absolute(text(call)), recursively: false)
                return .bool(true)
            } catch is HostError {
                return .bool(false)
            }
        }
        table.define("chmod") { call in
            try FileUtilsMethods.changeMode(call[0], of: text(call), call)
            return .int(1)
        }
        table.define("chmod_R") { call in
            for path in [text(call)] + (try below(text(call), call)) {
                try FileUtilsMethods.changeMode(call[0], of: path, call)
            }
            return .nil
        }
        table.define("chown", "lchown", "utime") { _ in .int(0) }
        table.define("rename") { call in
            let interpreter = call.interpreter
            try interpreter.requireHost(call).move(
                interpreter.absolute(text(call)), to: interpreter.absolute(call.text(0)))
            return .int(0)
        }
        table.define("make_symlink") { call in
            try call.interpreter.requireHost(call).makeSymbolicLink(
                at: call.interpreter.absolute(text(call)), to: call.text(0))
            return .int(0)
        }
        table.define("make_link") { call in
            let interpreter = call.interpreter
            try interpreter.requireHost(call).makeHardLink(
                at: interpreter.absolute(text(call)), to: interpreter.absolute(call.text(0)))
            return .int(0)
        }
        table.define("make_relative_symlink") { call in
            let interpreter = call.interpreter
            let path = interpreter.absolute(text(call))
            try interpreter.makeFolders(PathText.folder(path))
            let target = PathText.relative(interpreter.absolute(try call.text(0)), from: PathText.folder(path)) ?? ""
            try interpreter.requireHost(call).makeSymbolicLink(at: path, to: target)
            return .nil
        }
        table.define("cp_path_sub") { call in
            let interpreter = call.interpreter
            let host = try interpreter.requireHost(call)
            let source = interpreter.absolute(text(call))
            guard let target = try StringMethods.substituted(source, call, isGlobal: false) else { return .nil }
            if interpreter.isFolder(source) {
                try host.makeFolder(target, withParents: true)
            } else {
                try host.makeFolder(PathText.folder(target), withParents: true)
                try host.copy(source, to: target, recursively: false)
            }
            return .nil
        }
        table.define("ensure_writable") { call in try call.yield() }
    }
}
