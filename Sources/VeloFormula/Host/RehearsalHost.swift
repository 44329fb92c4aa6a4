/// A host on which nothing happens: commands succeed and print nothing, files live in memory, and what the formula
/// asked for is written down.
package final class RehearsalHost: FormulaHost {
    /// What was asked for, in order: the operation, then its words, as `velo formula rehearse` prints them.
    package private(set) var trace: [[String]] = []
    package private(set) var messages: [String] = []

    /// Where the source would be.
    package static let buildFolder = "/rehearsal/build"
    private static let scratchRoot = "/rehearsal/tmp"

    /// Made when something looks: most `caveats` only talk.
    private lazy var files: MemoryFiles = {
        let files = MemoryFiles()
        for folder in [Self.buildFolder, Self.scratchRoot] { try? files.makeFolder(folder, withParents: true) }
        return files
    }()
    private var scratchCount = 0

    package init() {}

    // MARK: Trace

    private func record(_ row: [String]) { trace.append(row.map(masked)) }

    /// Scratch folders by what they are, not where.
    private func masked(_ text: String) -> String {
        guard text.contains("/rehearsal/") else { return text }
        var bytes = Array(text.utf8)
        replace(Self.buildFolder, with: "$BUILD", in: &bytes, takesName: false)
        replace(Self.scratchRoot + "/", with: "$TMP", in: &bytes, takesName: true)
        return UTF8Text.string(bytes)
    }

    private func replace(_ path: String, with name: String, in bytes: inout [UInt8], takesName: Bool) {
        let wanted = Array(path.utf8)
        var start = 0
        while let found = UTF8Text.find(wanted, in: bytes, from: start) {
            var end = found + wanted.count
            if takesName { while end < bytes.count, bytes[end].isWordByte { end += 1 } }
            bytes.replaceSubrange(found..<end, with: name.utf8)
            start = found + name.utf8.count
        }
    }

    package func announce(_ effect: FormulaEffect) -> EffectDisposition {
        switch effect {
        case .install(let folder, let source, let name):
            record(["install", folder, source] + (name.map { [$0] } ?? []))
        case .installResource(let folder, let resource): record(["install-resource", folder, resource])
        case .symlink(let folder, let target, let name):
            record(["symlink", folder, target] + (name.map { [$0] } ?? []))
        case .replaceText(let path): record(["inreplace", path])
        case .stage(let resource, let folder): record(["stage", resource, folder ?? ""])
        }
        return .recorded
    }

    package var performsEffects: Bool { false }

    package func log(_ message: String, level: HostLogLevel) { messages.append(message) }

    // MARK: Commands

    package func run(_ command: HostCommand) throws(HostError) -> HostCommandResult {
        record([command.purpose == .system ? "system" : "popen"] + command.words)
        return HostCommandResult(status: 0)
    }

    package func start(_ command: HostCommand) throws(HostError) -> Int {
        record(["system"] + command.words)
        return 1
    }

    package func signal(_ name: String, process: Int) throws(HostError) {}
    package func wait(for process: Int) throws(HostError) -> Int { 0 }
    package func sleep(seconds: Double) {}
    package func freePort() throws(HostError) -> Int { 49152 }

    // MARK: Sources

    package func stage(_ resource: Resource, into folder: String) throws(HostError) {}
    package func downloadedFile(of resource: Resource) throws(HostError) -> String {
        "/CACHE/\(resource.name)"
    }

    // MARK: Files

    package func status(of path: String, followingLinks: Bool) -> FileStatus? {
        guard let found = try? files.find(path, followingLast: followingLinks) else { return nil }
        switch found.0.content {
        case .file(let bytes): return FileStatus(kind: .file, mode: found.0.mode, size: bytes.count, modified: 0)
        case .folder: return FileStatus(kind: .folder, mode: found.0.mode, size: 0, modified: 0)
        case .link(let target):
            return FileStatus(kind: .symbolicLink, mode: 0o777, size: target.utf8.count, modified: 0)
        }
    }

    package func names(in folder: String) throws(HostError) -> [String] { try files.children(of: folder).keys.sorted() }

    package func read(_ path: String) throws(HostError) -> [UInt8] {
        guard let (node, _) = try files.find(path) else { throw HostError(.notFound, path: path) }
        guard case .file(let bytes) = node.content else { throw HostError(.isFolder, path: path) }
        return bytes
    }

    package func write(_ bytes: [UInt8], to path: String, appending: Bool) throws(HostError) {
        guard let (node, _) = try files.find(path) else {
            try files.place(MemoryFiles.Node(.file(bytes), mode: 0o644), at: path)
            return
        }
        guard case .file(let old) = node.content else { throw HostError(.isFolder, path: path) }
        node.content = .file(appending ? old + bytes : bytes)
    }

    package func makeFolder(_ path: String, withParents: Bool) throws(HostError) {
        try files.makeFolder(path, withParents: withParents)
    }

    package func remove(_ path: String, recursively: Bool) throws(HostError) {
        guard let (node, _) = try files.find(path, followingLast: false) else { throw HostError(.notFound, path: path) }
        if case .folder(let children) = node.content, !children.isEmpty, !recursively {
            throw HostError(.notEmpty, path: path)
        }
        try files.place(nil, at: path)
    }

    package func copy(_ path: String, to target: String, recursively: Bool) throws(HostError) {
        guard let (node, _) = try files.find(path, followingLast: !recursively) else {
            throw HostError(.notFound, path: path)
        }
        if case .folder = node.content, !recursively { throw HostError(.isFolder, path: path) }
        try files.place(node.copy, at: target)
    }

    package func move(_ path: String, to target: String) throws(HostError) {
        guard let (node, _) = try files.find(path, followingLast: false) else { throw HostError(.notFound, path: path) }
        guard path != target else { return }
        _ = try files.folder(of: target)
        try files.place(nil, at: path)
        try files.place(node, at: target)
    }

    package func makeSymbolicLink(at path: String, to target: String) throws(HostError) {
        if try files.find(path, followingLast: false) != nil { throw HostError(.exists, path: path) }
        try files.place(MemoryFiles.Node(.link(target), mode: 0o777), at: path)
    }

    package func makeHardLink(at path: String, to target: String) throws(HostError) {
        guard let (node, _) = try files.find(target) else { throw HostError(.notFound, path: target) }
        if try files.find(path, followingLast: false) != nil { throw HostError(.exists, path: path) }
        try files.place(node, at: path)
    }

    package func setMode(_ mode: UInt16, of path: String) throws(HostError) {
        guard let (node, _) = try files.find(path) else { throw HostError(.notFound, path: path) }
        node.mode = mode
    }

    package func readLink(_ path: String) throws(HostError) -> String {
        guard let (node, _) = try files.find(path, followingLast: false) else { throw HostError(.notFound, path: path) }
        guard case .link(let target) = node.content else { throw HostError(.invalid, path: path) }
        return target
    }

    package func realPath(_ path: String) throws(HostError) -> String {
        guard let (_, real) = try files.find(path) else { throw HostError(.notFound, path: path) }
        return real
    }

    package func touch(_ path: String) throws(HostError) {
        if try files.find(path) == nil { try files.place(MemoryFiles.Node(.file([]), mode: 0o644), at: path) }
    }

    package func makeTemporaryFolder(prefix: String) throws(HostError) -> String {
        scratchCount += 1
        let path = "\(Self.scratchRoot)/t\(scratchCount)"
        try files.makeFolder(path, withParents: true)
        return path
    }
}
