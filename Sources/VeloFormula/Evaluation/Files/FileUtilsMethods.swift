/// FileUtils: as a module, and as methods of every formula.
enum FileUtilsMethods {
    static let table = MethodTable { table in
        defineFolders(&table)
        defineCopying(&table)
        defineLinks(&table)
        defineRemoval(&table)
        defineModes(&table)
    }

    /// The names of files, arrays flattened; options dropped.
    private static func paths(_ value: Value, _ call: Call) throws -> [String] {
        try call.interpreter.flattened([value]).map { try call.interpreter.string(of: $0) }
    }

    private static func defineFolders(_ table: inout MethodTable) {
        table.define("cd", "chdir") { call in
            let interpreter = call.interpreter
            let target = call.count > 0 ? try call.text(0) : interpreter.home
            guard let block = call.block else {
                guard interpreter.isFolder(target) else { throw HostError(.notFound, path: target) }
                interpreter.folder = interpreter.absolute(target)
                return .int(0)
            }
            return try interpreter.inside(target) { try interpreter.call(block, [.text(target)]) }
        }
        table.define("pwd", "getwd") { call in .text(call.interpreter.folder) }
        table.define("mkdir") { call in
            // Homebrew's own: parents too, and a block runs inside.
            let targets = try call.texts()
            for target in targets { try call.interpreter.makeFolders(target) }
            guard let block = call.block, let target = targets.last else { return .nil }
            return try call.interpreter.inside(target) { try call.interpreter.call(block, [.text(target)]) }
        }
        table.define("mkdir_p", "mkpath", "makedirs") { call in
            for target in try call.texts() { try call.interpreter.makeFolders(target) }
            return .nil
        }
        table.define("touch") { call in
            for path in try call.texts() {
                try call.interpreter.requireHost(call).touch(call.interpreter.absolute(path))
            }
            return .nil
        }
    }

    // MARK: Copying and moving

    private static func defineCopying(_ table: inout MethodTable) {
        table.define("cp", "copy", "copy_file") { call in
            try each(call) { try call.interpreter.requireHost(call).copy($0, to: $1, recursively: false) }
        }
        table.define("cp_r") { call in
            try each(call) { source, target in
                let path = source.hasSuffix("/.") ? String(source.dropLast(2)) : source
                try copyMerging(path, to: source.hasSuffix("/.") ? PathText.folder(target) : target, call)
            }
        }
        table.define("mv", "move") { call in
            do {
                return try each(call) { try call.interpreter.requireHost(call).move($0, to: $1) }
            } catch let error as HostError {
                guard call.keyword("force")?.isTruthy ?? false else { throw error }
                return .nil
            }
        }
        table.define("install") { call in
            try each(call) { source, target in
                let host = try call.interpreter.requireHost(call)
                try host.copy(source, to: target, recursively: false)
                if let mode = call.keyword("mode")?.integer {
                    try host.setMode(UInt16(truncatingIfNeeded: mode), of: target)
                }
            }
        }
    }

    /// Calls with each source and where it goes: into the target where that is a folder.
    private static func each(_ call: Call, _ body: (String, String) throws -> Void) throws -> Value {
        let interpreter = call.interpreter
        let sources = try paths(call[0], call)
        let target = try call.text(1)
        let isMany = call[0].elements != nil
        guard
            isMany || interpreter.status(sources.first ?? "", followingLinks: false) != nil
                || sources.first?.hasSuffix("/.") ?? false
        else {
            throw HostError(.notFound, path: sources.first ?? "")
        }
        for source in sources {
            let intoFolder = isMany || interpreter.isFolder(target)
            let path =
                intoFolder
                ? PathText.joined(interpreter.absolute(target), PathText.base(source)) : interpreter.absolute(target)
            let from =
                source.hasSuffix("/.")
                ? interpreter.absolute(String(source.dropLast(2))) + "/." : interpreter.absolute(source)
            try body(from, path)
        }
        return .nil
    }

    private static func copyMerging(_ source: String, to target: String, _ call: Call) throws {
        let host = try call.interpreter.requireHost(call)
        guard host.status(of: source, followingLinks: false)?.kind == .folder, call.interpreter.isFolder(target) else {
            try host.copy(source, to: target, recursively: true)
            return
        }
        for name in try host.names(in: source) {
            try copyMerging(PathText.joined(source, name), to: PathText.joined(target, name), call)
        }
    }

    // MARK: Links

    private static func defineLinks(_ table: inout MethodTable) {
        table.define("ln_s", "symlink") { call in try link(call, isForced: call.keyword("force")?.isTruthy ?? false) }
        table.define("ln_sf") { call in try link(call, isForced: true) }
        table.define("ln", "link") { call in
            try each(call) { source, target in
                let host = try call.interpreter.requireHost(call)
                if call.keyword("force")?.isTruthy ?? false, host.status(of: target, followingLinks: false) != nil {
                    try host.remove(target, recursively: false)
                }
                try host.makeHardLink(at: target, to: source)
            }
        }
        table.define("ln_f") { call in
            try each(call) { source, target in
                let host = try call.interpreter.requireHost(call)
                if host.status(of: target, followingLinks: false) != nil { try host.remove(target, recursively: false) }
                try host.makeHardLink(at: target, to: source)
            }
        }
    }

    private static func link(_ call: Call, isForced: Bool) throws -> Value {
        let interpreter = call.interpreter
        let host = try interpreter.requireHost(call)
        let target = try call.text(1)
        for source in try paths(call[0], call) {
            let intoFolder = call[0].elements != nil || interpreter.isFolder(target)
            let path =
                intoFolder
                ? PathText.joined(interpreter.absolute(target), PathText.base(source)) : interpreter.absolute(target)
            if isForced, host.status(of: path, followingLinks: false) != nil {
                try host.remove(path, recursively: false)
            }
            try host.makeSymbolicLink(at: path, to: source)
        }
        return .int(0)
    }

    // MARK: Removal

    private static func defineRemoval(_ table: inout MethodTable) {
        table.define("rm", "remove", "rmdir", "unlink") { call in
            let isForced = call.keyword("force")?.isTruthy ?? false
            for path in try call.texts() { try remove(path, recursively: false, isForced: isForced, call) }
            return .nil
        }
        table.define("rm_f", "safe_unlink") { call in
            for path in try call.texts() { try remove(path, recursively: false, isForced: true, call) }
            return .nil
        }
        table.define("rm_r", "remove_dir", "remove_entry") { call in
            let isForced = call.keyword("force")?.isTruthy ?? false
            for path in try call.texts() { try remove(path, recursively: true, isForced: isForced, call) }
            return .nil
        }
        table.define("rm_rf", "rmtree", "remove_entry_secure") { call in
            for path in try call.texts() { try remove(path, recursively: true, isForced: true, call) }
            return .nil
        }
    }

    private static func remove(_ path: String, recursively: Bool, isForced: Bool, _ call: Call) throws {
        let interpreter = call.interpreter
        let host = try interpreter.requireHost(call)
        let target = interpreter.absolute(path)
        guard host.status(of: target, followingLinks: false) != nil else {
            if isForced { return }
            throw HostError(.notFound, path: path)
        }
        do {
            try host.remove(target, recursively: recursively)
        } catch {
            if !isForced { throw error }
        }
    }

    // MARK: Modes

    private static func defineModes(_ table: inout MethodTable) {
        table.define("chmod") { call in
            for path in try paths(call[1], call) { try changeMode(call[0], of: path, call) }
            return .nil
        }
        table.define("chmod_R") { call in
            for path in try paths(call[1], call) {
                for each in [path] + (try PathnameMethods.below(path, call)) where !call.interpreter.isLink(each) {
                    try changeMode(call[0], of: each, call)
                }
            }
            return .nil
        }
        table.define("chown", "chown_R") { _ in .nil }
        table.define("compare_file", "identical?", "cmp") { call in
            let host = try call.interpreter.requireHost(call)
            return .bool(
                try host.read(call.interpreter.absolute(call.text(0)))
                    == host.read(call.interpreter.absolute(call.text(1))))
        }
        table.define("uptodate?") { _ in .bool(false) }
    }

    /// A number, or `+x`, `u+w`, `a-x,u+r`.
    static func changeMode(_ mode: Value, of path: String, _ call: Call) throws {
        let interpreter = call.interpreter
        let host = try interpreter.requireHost(call)
        let target = interpreter.absolute(path)
        guard let status = host.status(of: target, followingLinks: true) else { throw HostError(.notFound, path: path) }
        if let number = mode.integer {
            try host.setMode(UInt16(truncatingIfNeeded: number & 0o7777), of: target)
        } else {
            try host.setMode(symbolicMode(call.interpreter.string(of: mode), status.mode, call), of: target)
        }
    }

    private static func symbolicMode(_ text: String, _ old: UInt16, _ call: Call) throws -> UInt16 {
        var mode = old
        for clause in text.split(separator: ",") {
            guard let mark = clause.firstIndex(where: { "+-=".contains($0) }) else {
                throw call.unsupported("the mode `\(text)`")
            }
            var who: UInt16 = 0
            for letter in clause[..<mark] { who |= ["u": 0o700, "g": 0o070, "o": 0o007, "a": 0o777][letter] ?? 0 }
            if who == 0 { who = 0o777 }
            var bits: UInt16 = 0
            for letter in clause[clause.index(after: mark)...] {
                bits |= ["r": 0o444, "w": 0o222, "x": 0o111, "X": 0o111][letter] ?? 0
            }
            switch clause[mark] {
            case "+": mode |= bits & who
            case "-": mode &= ~(bits & who)
            default: mode = (mode & ~who) | (bits & who)
            }
        }
        return mode
    }
}
