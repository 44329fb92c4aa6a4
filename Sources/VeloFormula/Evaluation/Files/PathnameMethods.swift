/// Methods of Pathname that only look at its text or ask what is there; those that change files are in
/// `PathnameMethods+Files` and `PathnameMethods+Install`.
enum PathnameMethods {
    static let table = MethodTable(including: [ComparableMethods.table]) { table in
        defineText(&table)
        defineQuestions(&table)
        defineListing(&table)
        defineFiles(&table)
        defineInstall(&table)
        defineScripts(&table)
        // What a Pathname leaves to the string it stands for.
        for name in [
            "include?", "start_with?", "end_with?", "=~", "match?", "match", "gsub", "tr", "length", "size_of_text",
            "split_text", "delete_prefix", "delete_suffix", "chomp",
        ] {
            table.define(name) { call in
                try call.interpreter.send(.text(text(call)), name, call.arguments, block: call.block)
            }
        }
    }

    static func text(_ call: Call) -> String { call.receiver.characters ?? "" }

    private static func defineText(_ table: inout MethodTable) {
        table.define("to_s", "to_str", "to_path", "path") { call in .text(text(call)) }
        table.define("to_sym") { call in .symbol(text(call)) }
        table.define("+", "/", "join") { call in
            .path(try call.texts().reduce(text(call)) { PathText.joined($0, $1) })
        }
        table.define("basename") { call in
            let base = PathText.base(text(call))
            guard call.count > 0 else { return .path(base) }
            return .path(FileMethods.base(base, without: try call.text(0)))
        }
        table.define("dirname", "parent") { call in
            call.name == "parent" ? .path(PathText.joined(text(call), "..")) : .path(PathText.folder(text(call)))
        }
        table.define("extname") { call in .text(PathText.fullExtension(text(call))) }
        table.define("stem") { call in .text(PathText.stem(text(call))) }
        table.define("cleanpath") { call in .path(PathText.clean(text(call))) }
        table.define("expand_path") { call in
            let folder = call.count > 0 ? call.interpreter.absolute(try call.text(0)) : call.interpreter.folder
            return .path(PathText.absolute(text(call), in: folder, home: call.interpreter.home))
        }
        table.define("relative_path_from") { call in
            guard let path = PathText.relative(text(call), from: try call.text(0)) else {
                throw call.raising("ArgumentError", "different prefix: \(text(call)) and \(try call.text(0))")
            }
            return .path(path)
        }
        table.define("relative?") { call in .bool(!PathText.isAbsolute(text(call))) }
        table.define("absolute?") { call in .bool(PathText.isAbsolute(text(call))) }
        table.define("root?") { call in .bool(PathText.clean(text(call)) == "/") }
        table.define("sub") { call in
            .path(try StringMethods.substituted(text(call), call, isGlobal: false) ?? text(call))
        }
        table.define("sub_ext") { call in
            let path = text(call)
            let ext = PathText.plainExtension(PathText.base(path))
            return .path(String(path.dropLast(ext.count)) + (try call.text(0)))
        }
        table.define("each_filename") { call in
            let parts = text(call).split(separator: "/").map { Value.text(String($0)) }
            guard call.block != nil else { return .list(parts) }
            for part in parts { _ = try call.yield(part) }
            return .nil
        }
        table.define("split") { call in .list([.path(PathText.folder(text(call))), .path(PathText.base(text(call)))]) }
        table.define("ascend", "descend") { call in
            var paths = [text(call)]
            while let last = paths.last, last != "/", last != "." { paths.append(PathText.folder(last)) }
            for path in call.name == "ascend" ? paths : paths.reversed() { _ = try call.yield(.path(path)) }
            return .nil
        }
        table.define("version") { call in
            let context = call.interpreter.context
            return .object(
                VersionObject(
                    PackageVersion(VersionDetection.version(in: PathText.base(text(call)), era: context.era) ?? "")))
        }
        table.define("hash") { call in .int(text(call).hashValue) }
    }

    private static func defineQuestions(_ table: inout MethodTable) {
        table.define("exist?", "exists?") { call in .bool(call.interpreter.exists(text(call))) }
        table.define("directory?") { call in .bool(call.interpreter.isFolder(text(call))) }
        table.define("file?") { call in .bool(call.interpreter.isFile(text(call))) }
        table.define("symlink?") { call in .bool(call.interpreter.isLink(text(call))) }
        table.define("executable?") { call in .bool((call.interpreter.status(text(call))?.mode ?? 0) & 0o111 != 0) }
        table.define("readable?", "writable?", "writable_real?", "owned?") { call in
            .bool(call.interpreter.exists(text(call)))
        }
        table.define("zero?") { call in .bool(call.interpreter.status(text(call))?.size == 0) }
        table.define("size", "size?") { call in
            guard let status = call.interpreter.status(text(call)) else { throw HostError(.notFound, path: text(call)) }
            return .int(status.size)
        }
        table.define("empty?") { call in
            let interpreter = call.interpreter
            guard interpreter.isFolder(text(call)) else { return .bool(interpreter.status(text(call))?.size == 0) }
            return .bool(try interpreter.requireHost(call).names(in: interpreter.absolute(text(call))).isEmpty)
        }
        table.define("mtime") { call in
            guard let status = call.interpreter.status(text(call)) else { throw HostError(.notFound, path: text(call)) }
            return .object(TimeObject(seconds: status.modified))
        }
        table.define("stat", "lstat") { call in
            guard let status = call.interpreter.status(text(call), followingLinks: call.name == "stat") else {
                throw HostError(.notFound, path: text(call))
            }
            return .object(FileStatusObject(status))
        }
        table.define("realpath", "realdirpath") { call in
            let interpreter = call.interpreter
            return .path(try interpreter.requireHost(call).realPath(interpreter.absolute(text(call))))
        }
        table.define("readlink") { call in
            .path(try call.interpreter.requireHost(call).readLink(call.interpreter.absolute(text(call))))
        }
        table.define("resolved_path") { call in
            guard call.interpreter.isLink(text(call)) else { return call.receiver }
            let target = try call.interpreter.requireHost(call).readLink(call.interpreter.absolute(text(call)))
            return .path(PathText.joined(PathText.folder(text(call)), target))
        }
        table.define("dylib?", "mach_o_bundle?", "mach_o_executable?") { _ in .bool(false) }
        table.define("elf?", "binary_executable?") { call in
            let interpreter = call.interpreter
            guard interpreter.isFile(text(call)) else { return .bool(false) }
            let bytes = try interpreter.requireHost(call).read(interpreter.absolute(text(call)))
            return .bool(bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]))
        }
        table.define("text_executable?") { call in
            guard call.interpreter.isFile(text(call)) else { return .bool(false) }
            return .bool(try call.interpreter.readText(text(call)).hasPrefix("#!"))
        }
    }

    private static func defineListing(_ table: inout MethodTable) {
        table.define("children", "each_child") { call in
            let paths = try children(call)
            guard let block = call.block else { return .list(paths) }
            for path in paths { _ = try call.interpreter.call(block, [path]) }
            return .nil
        }
        table.define("subdirs") { call in
            .list(try children(call).filter { call.interpreter.isFolder($0.characters ?? "") })
        }
        table.define("entries") { call in
            let interpreter = call.interpreter
            let names = try interpreter.requireHost(call).names(in: interpreter.absolute(text(call)))
            return .list((["..", "."] + names).map { .path($0) })
        }
        table.define("each_entry") { call in
            let interpreter = call.interpreter
            for name in try interpreter.requireHost(call).names(in: interpreter.absolute(text(call))) {
                _ = try call.yield(.path(name))
            }
            return .nil
        }
        table.define("glob") { call in
            let folder = text(call)
            let paths = try call.list(0).flatMap { pattern in
                try call.interpreter.glob(pattern.characters ?? "", base: folder).map {
                    Value.path(PathText.joined(folder, $0))
                }
            }
            guard let block = call.block else { return .list(paths) }
            for path in paths { _ = try call.interpreter.call(block, [path]) }
            return .nil
        }
        table.define("find") { call in
            for path in [text(call)] + (try below(text(call), call)) { _ = try call.yield(.path(path)) }
            return .nil
        }
        table.define("each_line") { call in
            for line in TextTrimming.lines(try call.interpreter.readText(text(call))) {
                _ = try call.yield(.text(line))
            }
            return .nil
        }
    }

    private static func children(_ call: Call) throws -> [Value] {
        let interpreter = call.interpreter
        let names = try interpreter.requireHost(call).names(in: interpreter.absolute(text(call)))
        let isBare = call.count > 0 && !call[0].isTruthy
        return names.map { .path(isBare ? $0 : PathText.joined(text(call), $0)) }
    }

    /// Everything below a folder, folders before what is in them.
    static func below(_ path: String, _ call: Call) throws -> [String] {
        let interpreter = call.interpreter
        guard interpreter.status(path, followingLinks: false)?.kind == .folder else { return [] }
        return try interpreter.requireHost(call).names(in: interpreter.absolute(path)).flatMap { name in
            let child = PathText.joined(path, name)
            return [child] + (try below(child, call))
        }
    }
}
