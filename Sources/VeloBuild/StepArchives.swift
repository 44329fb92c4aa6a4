package import SystemPackage
import VeloCore
package import VeloFormula
import VeloSystem

/// The downloaded archives and patches as a step finds them inside the sandbox, and what unpacking and patching does.
package struct StepArchives: Sendable {
    /// Folder with a folder for each source by its identity, holding the file under its own name.
    let folder: FilePath

    package init(folder: FilePath) {
        self.folder = folder
    }

    /// The file that was fetched for a download; nil when it was not.
    package func file(of download: Download) -> FilePath? {
        let place = folder.appending(download.identity)
        guard let name = try? FileTree.names(in: place).first else { return nil }
        return place.appending(name)
    }

    /// Unpacks an archive so that `target`, which exists, holds what was inside its only top-level folder; a file that is
    /// no archive is copied there.
    package func unpack(_ download: Download, into target: FilePath) throws {
        guard let file = file(of: download) else {
            throw HostError(.notFound, path: download.url, detail: "it was not downloaded")
        }
        let name = file.lastComponent?.string ?? "source"
        guard !download.isKeptWhole else { return try FileTree.copyFile(file, to: target.appending(name)) }
        // Beside the target's entries, so that what is inside can be moved rather than copied.
        let aside = target.appending(".velo-unpacked")
        _ = try SourceUnpacker().unpack(file, named: name, into: aside)
        try Self.hoist(aside, into: target)
    }

    /// Moves what is inside a folder, or inside the only folder in it, into another.
    private static func hoist(_ folder: FilePath, into target: FilePath) throws {
        let names = try FileTree.names(in: folder)
        if names.count == 1, let only = names.first, try FileTree.status(folder.appending(only))?.kind == .folder {
            try move(folder.appending(only), into: target)
        } else {
            try move(folder, into: target)
        }
        try FileTree.remove(folder)
    }

    private static func move(_ folder: FilePath, into target: FilePath) throws {
        for name in try FileTree.names(in: folder) {
            try FileTree.rename(folder.appending(name), to: target.appending(name))
        }
    }

    /// Applies patches in order, with GNU patch.
    package func apply(_ patches: [Patch], in source: FilePath, prefix: String, log: StepLog) throws {
        for patch in patches {
            for text in try texts(of: patch) {
                let place = patch.folder.isEmpty ? source : source.appending(patch.folder)
                let lines = text.replacing("@@HOMEBREW_PREFIX@@", with: prefix)
                log.heading("patch -p\(patch.strip)")
                if try run(["-g", "0", "-f", "-p\(patch.strip)"], lines, in: place, log) { continue }
                throw HostError(.failed, path: place.string, detail: "a patch does not apply")
            }
        }
    }

    /// Applies a patch as it is; or, where that would fail and it only lacks the carriage returns that the files have,
    /// with those. Tried dry first: a patch that fails half-way leaves the source in between.
    private func run(
        _ options: [String], _ text: String, in place: FilePath, _ log: StepLog
    ) throws -> Bool {
        if !text.contains("\r\n"), try !isAccepted(options, text, in: place) {
            let returned = Self.withReturns(text)
            if try isAccepted(options + ["--binary"], returned, in: place) {
                log.line("the files have carriage returns at the ends of their lines, and the patch gets them, too")
                return try apply(options + ["--binary"], returned, in: place)
            }
        }
        return try apply(options, text, in: place)
    }

    /// Carriage returns at the ends of the lines of hunks; the lines between those are patch's own.
    private static func withReturns(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let isOfFile = line.first.map { " +-".contains($0) } ?? false
            let isHeader = line.hasPrefix("--- ") || line.hasPrefix("+++ ")
            return isOfFile && !isHeader ? line + "\r" : line
        }.joined(separator: "\n")
    }

    private func isAccepted(_ options: [String], _ text: String, in place: FilePath) throws -> Bool {
        var command = patchCommand(options + ["--dry-run", "-s"], text, in: place)
        command.standardOutput = .discarded
        command.standardError = .discarded
        return try ChildProcess.run(command).isSuccess
    }

    private func apply(_ options: [String], _ text: String, in place: FilePath) throws -> Bool {
        try ChildProcess.run(patchCommand(options, text, in: place)).isSuccess
    }

    private func patchCommand(_ options: [String], _ text: String, in place: FilePath) -> ChildCommand {
        var command = ChildCommand(
            ["/usr/bin/patch"] + options, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"], directory: place,
            input: Array(text.utf8))
        command.standardOutput = .inherited
        command.standardError = .inherited
        return command
    }

    private func texts(of patch: Patch) throws -> [String] {
        switch patch.content {
        case .embedded(let text): return [text]
        case .external(let download, let names):
            guard let file = file(of: download) else {
                throw HostError(.notFound, path: download.url, detail: "the patch was not downloaded")
            }
            if names.isEmpty { return [try FileTree.readText(file)] }
            let unpacked = try FileTree.makeScratch(in: FilePath(BuildLayout.Inside.temporary), prefix: "patch-")
            defer { try? FileTree.remove(unpacked) }
            try unpack(download, into: unpacked)
            return try names.map { try FileTree.readText(unpacked.appending($0)) }
        }
    }
}
