/// `install`, `install_symlink` and what belongs to them.
extension PathnameMethods {
    static func defineInstall(_ table: inout MethodTable) {
        table.define("install") { call in
            for source in call.arguments { try install(source, into: text(call), call) }
            return .nil
        }
        table.define("install_symlink") { call in
            for source in call.arguments { try installLink(source, into: text(call), call) }
            return .nil
        }
        table.define("install_metafiles") { call in
            let from = call.count > 0 ? try call.text(0) : call.interpreter.folder
            try installMetafiles(from: from, into: text(call), call)
            return .nil
        }
    }

    private static func install(_ source: Value, into folder: String, _ call: Call) throws {
        switch source {
        case .object(let resource as ResourceObject):
            guard call.interpreter.announce(.installResource(folder: folder, resource: resource.resource.name)) else {
                return
            }
            try resource.stageContents(into: folder, call)
        case .object(let partial as PartialResourceObject):
            for file in partial.files { try announceInstall(file, into: folder, call) }
            guard call.interpreter.performsEffects else { return }
            _ = try partial.resource.stage(call) {
                for file in partial.files { try install(file, into: folder, call) }
                return .nil
            }
        case .array(let box):
            if box.elements.isEmpty {
                call.interpreter.host?.log("Tried to install empty array to \(folder)", level: .warning)
            }
            for element in box.elements { try install(element, into: folder, call) }
        case .hash(let box):
            for (path, name) in box.pairs {
                try installFile(
                    try call.interpreter.string(of: path), as: try call.interpreter.string(of: name), into: folder, call
                )
            }
        default:
            try installFile(try call.interpreter.string(of: source), as: nil, into: folder, call)
        }
    }

    private static func announceInstall(_ source: Value, into folder: String, _ call: Call) throws {
        if !call.interpreter.performsEffects { try install(source, into: folder, call) }
    }

    private static func installFile(_ source: String, as name: String?, into folder: String, _ call: Call) throws {
        let interpreter = call.interpreter
        guard interpreter.announce(.install(folder: folder, source: source, name: name)) else { return }
        let host = try interpreter.requireHost(call)
        let path = interpreter.absolute(source)
        guard interpreter.status(path, followingLinks: false) != nil else {
            throw HostError(.notFound, path: source)
        }
        var target = PathText.joined(interpreter.absolute(folder), name ?? PathText.base(source))
        if isConfiguration(target, interpreter), let renamed = try renamedForConfiguration(path, target, interpreter) {
            target = renamed
        }
        try host.makeFolder(PathText.folder(target), withParents: true)
        // Like `mv`: an existing folder is moved into.
        if interpreter.isFolder(target), !interpreter.isLink(target) {
            target = PathText.joined(target, PathText.base(source))
        }
        try host.move(path, to: target)
    }

    /// Files under the prefix's `etc` are the user's: they are never replaced.
    private static func isConfiguration(_ path: String, _ interpreter: Interpreter) -> Bool {
        path.hasPrefix(interpreter.context.prefix + "/etc/")
    }

    /// A folder is merged file by file; a file that differs from the one in place goes beside it as `.default`.
    private static func renamedForConfiguration(
        _ source: String, _ target: String, _ interpreter: Interpreter
    ) throws -> String? {
        guard let host = interpreter.host, interpreter.isFile(target), interpreter.isFile(source) else { return nil }
        return try host.read(source) == host.read(target) ? nil : target + ".default"
    }

    private static func installLink(_ source: Value, into folder: String, _ call: Call) throws {
        switch source {
        case .array(let box): for element in box.elements { try installLink(element, into: folder, call) }
        case .hash(let box):
            for (path, name) in box.pairs {
                try link(
                    try call.interpreter.string(of: path), as: try call.interpreter.string(of: name), in: folder, call)
            }
        default: try link(try call.interpreter.string(of: source), as: nil, in: folder, call)
        }
    }

    private static func link(_ source: String, as name: String?, in folder: String, _ call: Call) throws {
        let interpreter = call.interpreter
        guard interpreter.announce(.symlink(folder: folder, target: source, name: name)) else { return }
        let host = try interpreter.requireHost(call)
        let place = interpreter.absolute(folder)
        try host.makeFolder(place, withParents: true)
        let realPlace = try host.realPath(place)
        var target = PathText.absolute(source, in: realPlace, home: interpreter.home)
        if interpreter.isFolder(PathText.folder(target)) {
            target = PathText.joined(try host.realPath(PathText.folder(target)), PathText.base(target))
        }
        let path = PathText.joined(realPlace, name ?? PathText.base(source))
        if interpreter.status(path, followingLinks: false).map({ $0.kind != .folder }) ?? false {
            try host.remove(path, recursively: false)
        }
        try host.makeSymbolicLink(at: path, to: PathText.relative(target, from: PathText.folder(path)) ?? target)
    }

    /// Whether a file documents a package: README, LICENSE, CHANGELOG and the like.
    static func isMetafile(_ name: String) -> Bool {
        let plain = name.lowercased()
        if plain == "install_receipt.json" { return false }
        let names = [
            "about", "authors", "changelog", "changes", "history", "license", "licence", "copying", "copyright", "news",
            "notes", "notice", "readme", "todo",
        ]
        let extensions = [
            "", ".adoc", ".asc", ".asciidoc", ".creole", ".html", ".markdown", ".md", ".mdown", ".mediawiki",
            ".mkdn", ".org", ".pod", ".rdoc", ".rst", ".rtf", ".textile", ".txt", ".wiki",
        ]
        let ext = PathText.plainExtension(plain)
        let stem = extensions.contains(ext) ? String(plain.dropLast(ext.count)) : plain
        return names.contains(stem) || names.contains { stem.hasPrefix($0 + "-") || stem.hasPrefix($0 + ".") }
    }

    private static func installMetafiles(from: String, into folder: String, _ call: Call) throws {
        let interpreter = call.interpreter
        guard let host = interpreter.host, interpreter.isFolder(from) else { return }
        for name in try host.names(in: interpreter.absolute(from)) where isMetafile(name) {
            let path = PathText.joined(interpreter.absolute(from), name)
            guard interpreter.isFile(path), !interpreter.exists(PathText.joined(folder, name)) else { continue }
            guard interpreter.announce(.install(folder: folder, source: path, name: nil)) else { continue }
            try host.makeFolder(interpreter.absolute(folder), withParents: true)
            let target = PathText.joined(interpreter.absolute(folder), name)
            try host.copy(path, to: target, recursively: false)
            try host.setMode(0o644, of: target)
        }
    }
}

extension Interpreter {
    /// Tells the host; true where the operation is to be carried out.
    func announce(_ effect: FormulaEffect) -> Bool {
        guard let host else { return true }
        return host.announce(effect) == .carryOut
    }

    /// The host carries operations out; false for a rehearsal.
    var performsEffects: Bool { host?.performsEffects ?? true }
}
