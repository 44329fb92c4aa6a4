import SystemPackage
import VeloCore
import VeloSystem
import VeloTestSupport

/// A prefix in a scratch folder, and ways to put things into it and to look at it.
struct PrefixFixture: Sendable {
    let scratch: Scratch
    let prefix: Prefix

    static func with(_ name: String, _ body: (PrefixFixture) async throws -> Void) async throws {
        try await Scratch.with(name) { scratch in
            try await body(PrefixFixture(scratch: scratch, prefix: Prefix(at: scratch.path.appending("prefix"))))
        }
    }

    /// Makes a keg of these files; a value that begins with `->` makes a symbolic link.
    @discardableResult
    func keg(_ name: String, _ version: String, _ files: [String: String]) throws -> Keg {
        let keg = prefix.keg(name, version)
        try FileTree.makeFolder(keg.location)
        for (path, text) in files { try put(text, at: keg.location.pushing(FilePath(path))) }
        return keg
    }

    func put(_ text: String, at path: FilePath) throws {
        try FileTree.makeFolder(path.removingLastComponent())
        if text.hasPrefix("->") {
            try FileTree.makeLink(path, to: String(text.dropFirst(2)))
        } else {
            try FileTree.write(Array(text.utf8), to: path)
        }
    }

    func put(_ text: String, at path: String) throws { try put(text, at: prefix.absolute(path)) }

    /// The text of a link; nil if there is none.
    func link(_ path: String) -> String? { try? FileTree.readLink(prefix.absolute(path)) }

    func kind(_ path: String) throws -> FileStatus.Kind? { try FileTree.status(prefix.absolute(path))?.kind }

    func text(_ path: String) throws -> String { try FileTree.readText(prefix.absolute(path)) }

    /// Everything in the prefix but velo's own working folders, a line each.
    func snapshot() throws -> [String] {
        guard FileTree.exists(prefix.location) else { return [] }
        var lines: [String] = []
        try FileTree.walk(prefix.location) { relative, path, status in
            if ["var/velo", "var/homebrew/locks"].contains(relative) { return false }
            switch status.kind {
            case .folder: lines.append("\(relative)/")
            case .link: lines.append("\(relative) -> \(try FileTree.readLink(path))")
            case .file: lines.append("\(relative): \(SHA256Digest.of(try FileTree.read(path)).hex.prefix(8))")
            case .other: lines.append("\(relative)?")
            }
            return true
        }
        return lines
    }
}
