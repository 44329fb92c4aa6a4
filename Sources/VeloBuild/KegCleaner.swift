package import SystemPackage
package import VeloFormula
import VeloSystem

/// Tidies a keg after `install`, by Homebrew's rules: no libtool archives, no stray indexes, right modes, no empty
/// folders.
package struct KegCleaner {
    package let keg: FilePath
    package let skip: SkipClean
    package let name: String

    package init(keg: FilePath, name: String, skip: SkipClean) {
        self.keg = keg
        self.name = name
        self.skip = skip
    }

    package func run() throws {
        for folder in ["bin", "sbin", "lib"] where try KegGuard.isFolder(folder, of: keg) { try cleanFiles(in: folder) }
        if try KegGuard.isFolder("lib", of: keg) { try FileTree.removeFile(keg.appending("lib/charset.alias")) }
        try removeInfoIndexes()
        _ = try prune(keg, "")
    }

    private func cleanFiles(in folder: String) throws {
        guard !isSkipped(folder) else { return }
        try FileTree.walk(keg.appending(folder)) { relative, path, status in
            guard !isSkipped("\(folder)/\(relative)") else { return false }
            if status.kind == .folder { return true }
            let file = path.lastComponent?.string ?? ""
            let isLibtoolArchive = file.hasSuffix(".la")
            if isLibtoolArchive && !skip.keepsLibtoolArchives || file.hasSuffix(".tbd")
                || file == "perllocal.pod" || file == ".packlist"
            {
                try FileTree.removeFile(path)
            } else if status.kind == .file {
                let start = try FileTree.read(path, limit: 4)
                let runs = start.starts(with: Array("#!".utf8)) || start == [0x7F, 0x45, 0x4C, 0x46]
                try FileTree.setMode(path, runs ? 0o555 : 0o444)
            }
            return false
        }
    }

    /// `share/info/dir` is an index that belongs to the prefix, not to a keg.
    private func removeInfoIndexes() throws {
        let info = keg.appending("share/info")
        guard try KegGuard.isFolder("share/info", of: keg) else { return }
        try FileTree.walk(info) { relative, path, status in
            if status.kind == .file, relative == "dir" || relative.hasSuffix("/dir"), relative != "\(name)/dir" {
                try FileTree.removeFile(path)
            }
            return true
        }
    }

    /// Removes empty folders and dangling links, deepest first; says whether the folder itself is gone.
    private func prune(_ folder: FilePath, _ relative: String) throws -> Bool {
        guard relative != "libexec", relative.isEmpty || !isSkipped(relative) else { return false }
        var isEmpty = true
        for entry in try FileTree.names(in: folder) {
            let path = folder.appending(entry)
            guard let status = try FileTree.status(path) else { continue }
            let inside = relative.isEmpty ? entry : "\(relative)/\(entry)"
            switch status.kind {
            case .folder: if try !prune(path, inside) { isEmpty = false }
            // A link that dangles is not cut by its own keg only if it leads out of it: a dependency may not be there.
            case .link
            where try !FileTree.readLink(path).hasPrefix("/") && !FileTree.exists(path) && !isSkipped(inside)
                && !leavesKeg(path):
                try FileTree.removeFile(path)
            default: isEmpty = false
            }
        }
        return try isEmpty && !relative.isEmpty && FileTree.removeEmptyFolder(folder)
    }

    private func leavesKeg(_ link: FilePath) -> Bool {
        guard let target = try? FileTree.readLink(link) else { return false }
        let resolved = link.removingLastComponent().pushing(FilePath(target)).lexicallyNormalized()
        return !resolved.starts(with: keg.lexicallyNormalized())
    }

    private func isSkipped(_ relative: String) -> Bool {
        skip.paths.contains { relative == $0 || relative.hasPrefix($0 + "/") }
    }
}

/// Copies what tells a user about the source into the keg: README, LICENSE and their kind.
package enum Metafiles {
    private static let names: Set<String> = [
        "about", "authors", "changelog", "changes", "copying", "copyright", "history", "license", "licence", "news",
        "notes",
        "notice", "readme", "todo", "unlicense",
    ]
    private static let endings: Set<String> = [
        "", "adoc", "asc", "asciidoc", "html", "markdown", "md", "org", "rst", "rtf", "txt",
    ]

    /// Existing files of the keg are left as they are.
    package static func install(from source: FilePath, to keg: FilePath) throws {
        for name in try FileTree.names(in: source) where isMetafile(name) {
            let path = source.appending(name)
            let target = keg.appending(name)
            guard let status = try FileTree.status(path), status.kind == .file, status.size > 0,
                !FileTree.exists(target)
            else { continue }
            try FileTree.copyFile(path, to: target)
            try FileTree.setMode(target, 0o644)
        }
    }

    /// `README.md`, `COPYING`, `LICENSE-MIT`
    package static func isMetafile(_ name: String) -> Bool {
        let lower = name.lowercased()
        let stem = lower.prefix { $0 != "." && $0 != "-" && $0 != "_" }
        guard names.contains(String(stem)) else { return false }
        guard let dot = lower.lastIndex(of: ".") else { return true }
        let ending = lower[lower.index(after: dot)...]
        return endings.contains(String(ending)) || ending.allSatisfy(\.isNumber) || stem == "copying"
            || stem == "license"
    }
}
