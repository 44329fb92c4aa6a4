package import SystemPackage
package import VeloCore
package import VeloFormula
package import VeloSystem

/// Brings everything that a formula's source consists of into the source cache: archives, commits, resources, patches.
package struct SourceFetcher: Sendable {
    let cache: BlobCache
    let engine: TransferEngine
    /// Folders with archives named by their sha256, and clones of repositories.
    let archiveFolders: [FilePath]
    let repositories: any CommitSources
    let transfers: TransferEvents

    package init(
        cache: BlobCache, engine: TransferEngine, archiveFolders: [FilePath] = [], repositories: any CommitSources,
        transfers: @escaping TransferEvents = { _ in }
    ) {
        self.repositories = repositories
        self.cache = cache
        self.engine = engine
        self.archiveFolders = archiveFolders
        self.transfers = transfers
    }

    /// What a formula needs, in the order in which it is used.
    package static func downloads(of formula: Formula) -> [Download] {
        guard let source = formula.active else { return [] }
        var all = [source.download] + Self.downloads(of: source.patches)
        for resource in source.resources { all += [resource.download] + Self.downloads(of: resource.patches) }
        return all
    }

    private static func downloads(of patches: [Patch]) -> [Download] {
        patches.compactMap { patch in
            if case .external(let download, _) = patch.content { return download }
            return nil
        }
    }

    /// Answers where each is, by its identity. A file that is in the cache already is not asked for again.
    ///
    /// - Parameters:
    ///   - commits: what `commits(of:)` answered, for sources without a revision.
    ///   - scratch: where what comes out of repositories is written to.
    package func fetch(
        _ formula: Formula, commits: [String: String] = [:], scratch: FilePath,
        report: @escaping @Sendable (String) -> Void
    ) async throws -> [String: FilePath] {
        var files: [String: FilePath] = [:]
        for download in Self.downloads(of: formula) where files[download.identity] == nil {
            if let hex = download.sha256, let digest = SHA256Digest(hex: hex) {
                files[hex] = try await fetch(download, digest, for: formula, report)
                continue
            }
            guard download.isRepository || download.isGit else {
                throw BuildError(
                    formula.name, .fetch, .formula("`\(download.url)` has no sha256, so it cannot be verified"))
            }
            try await explaining(formula) {
                var source = try GitSource(download, mayMove: formula.stable == nil)
                source.revision = source.revision ?? commits[download.identity]
                let folder = scratch.appending("git").appending(download.identity)
                try FileTree.makeFolder(folder)
                let file = folder.appending("\(source.name).tar")
                try await repositories.archive(source, to: file, name: source.name, scratch: folder, report)
                files[download.identity] = file
            }
        }
        return files
    }

    /// The commits that sources without a revision stand for now, by identity: a head version is made of such.
    package func commits(
        of formula: Formula, report: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> [String: String] {
        var commits: [String: String] = [:]
        guard formula.stable == nil else { return commits }
        for download in Self.downloads(of: formula)
        where download.sha256 == nil && download.isGit && download.revision == nil {
            try await explaining(formula) {
                commits[download.identity] = try await repositories.commit(GitSource(download, mayMove: true), report)
            }
        }
        return commits
    }

    /// Says for which formula it was that a source could not be had.
    private func explaining(_ formula: Formula, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw BuildError(formula.name, .fetch, .formula("its source could not be had"), cause: error)
        }
    }

    private func fetch(
        _ download: Download, _ digest: SHA256Digest, for formula: Formula,
        _ report: @escaping @Sendable (String) -> Void
    ) async throws -> FilePath? {
        if let file = try archive(digest) {
            report("have \(download.url) in \(file.removingLastComponent())")
            return file
        }
        if let file = cache.blob(digest) {
            report("have \(download.url)")
            return file
        }
        report("fetching \(download.url)")
        var file: FilePath?
        try await explaining(formula) {
            let request = TransferRequest(urls: download.locations, digest: digest)
            file = try await cache.fetch(digest, from: request, using: engine) { event in
                if case .retrying = event { report("retrying \(download.url)") }
                transfers(event)
            }
        }
        return file
    }

    /// A file of one of the folders, with the content that its name promises.
    private func archive(_ digest: SHA256Digest) throws -> FilePath? {
        for folder in archiveFolders {
            let file = folder.appending(digest.hex)
            guard FileTree.exists(file) else { continue }
            let found = try FileTree.digest(file)
            guard found == digest else { throw WrongArchive(file: file, found: found) }
            return file
        }
        return nil
    }

    /// The name an archive had upstream; unpacking goes by its extension.
    package static func fileName(of download: Download) -> String {
        let path = download.url.prefix { $0 != "?" && $0 != "#" }
        let name = path.split(separator: "/").last.map(String.init) ?? "source"
        return name.removingPercentEncodingIfPossible.filter { $0 != "/" && $0 != "\0" }
    }
}

extension String {
    /// `%20` and its kind as the characters they stand for.
    fileprivate var removingPercentEncodingIfPossible: String {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A file that is named by a digest and has another one.
package struct WrongArchive: Problem {
    package var file: FilePath
    package var found: SHA256Digest

    package var summary: String { "`\(file)` is not what its name says: its sha256 is \(found.hex)" }
    package var hints: [String] { ["remove it, and fetch it again"] }
}
