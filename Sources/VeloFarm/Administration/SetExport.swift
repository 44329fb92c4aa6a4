import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// Writes a set with all that it needs to a folder or a tar file, for a farm without a network.
///
/// What is there already and has the right size is left as it is, so an export that was interrupted goes on; `set.json`
/// comes last.
struct SetExport: Sendable {
    let farm: Farm
    let request: ExportRequest

    func run() async throws -> AdminReport {
        var (set, documents) = try await SetCollection(farm: farm, request: request).make()
        let former = try request.base.map { try Self.former(FilePath($0)) }
        set.base = former?.digest
        let scratch = try FileTree.makeScratch(in: farm.folder.scratch, prefix: "export-")
        defer { try? FileTree.remove(scratch) }
        var files: [SHA256Digest: FilePath] = [:]
        for blob in set.blobs { files[blob.digest] = farm.blobs.path(blob.digest) }
        for (digest, document) in documents.sorted(by: { $0.key.hex < $1.key.hex }) {
            let file = scratch.appending(digest.hex)
            try FileTree.write(document.bytes, to: file)
            files[digest] = file
            set.blobs.append(.init(digest: digest, size: document.bytes.count, kind: "document"))
        }
        try await addTaps(&set, &files, scratch)
        if request.includesSources { try await addSources(&set, &files) }
        // Bundles are not kept by whoever imports them: each export has its own.
        for index in set.blobs.indices where set.blobs[index].kind != "bundle" {
            set.blobs[index].isInBase = former?.blobs.contains(set.blobs[index].digest) ?? false
        }
        set.missing.sort()
        let bytes = try WireCoding.encode(set, pretty: true)
        let signature = try WireCoding.encode(farm.signer.signed(bytes))
        let wanted = set.blobs.filter { !$0.isInBase }
        let (target, found) = (FilePath(request.target), files)
        let written = try await BlockingThread.run {
            target.string.hasSuffix(".tar")
                ? try SetArchive(target).write(wanted, found, bytes, signature)
                : try Self.writeFolder(target, wanted, found, bytes, signature)
        }
        var report = AdminReport(problems: set.missing)
        report.lines = [
            "exported \(set.tags.count) images, \(set.bottles.count) bottles built here, \(set.taps.count) taps, \(set.api.count) API documents",
            "\(wanted.count) blobs, \(wanted.reduce(0) { $0 + $1.size }) bytes; \(written) of them written now, \(set.blobs.count - wanted.count) are in the base",
            "signed with \(farm.signer.publicKey)",
        ]
        return report
    }

    private static func former(_ path: FilePath) throws -> (digest: SHA256Digest, blobs: Set<SHA256Digest>) {
        let bytes = try SetArchive.description(of: path)
        let set = try WireCoding.decode(ExportedSet.self, from: bytes)
        return (SHA256Digest.of(bytes), Set(set.blobs.map(\.digest)))
    }

    private func addTaps(
        _ set: inout ExportedSet, _ files: inout [SHA256Digest: FilePath], _ scratch: FilePath
    ) async throws {
        for row in try await farm.database.taps() {
            guard let name = TapName(row.name), let folder = try await farm.taps.gitFolder(name, farm.folder.git) else {
                continue
            }
            let bundle = scratch.appending("\(name.user)-\(name.repository).bundle")
            let digest = try await BlockingThread.run {
                try TapBundle.write(folder, to: bundle)
                return try BlobStore.digest(of: bundle)
            }
            files[digest] = bundle
            let size = try FileTree.status(bundle)?.size ?? 0
            set.blobs.append(.init(digest: digest, size: size, kind: "bundle"))
            set.taps.append(.init(name: row.name, location: row.location, bundle: digest, updated: row.updated))
        }
    }

    private func addSources(_ set: inout ExportedSet, _ files: inout [SHA256Digest: FilePath]) async throws {
        for folder in try farm.sources.folders() {
            for digest in try farm.sources.digests(inFolder: folder) {
                files[digest] = farm.sources.path(digest)
                set.blobs.append(.init(digest: digest, size: try farm.sources.size(digest) ?? 0, kind: "source"))
            }
        }
    }

    /// Blocking. How many blobs were written; those that are there are left alone.
    private static func writeFolder(
        _ target: FilePath, _ blobs: [ExportedSet.Blob], _ files: [SHA256Digest: FilePath], _ set: [UInt8],
        _ signature: [UInt8]
    ) throws -> Int {
        try FileTree.makeFolder(target)
        var written = 0
        for blob in blobs {
            let file = target.pushing(FilePath(ExportedSet.blobPath(blob.digest)))
            if let status = try FileTree.status(file), status.size == blob.size { continue }
            guard let source = files[blob.digest] else { continue }
            try FileTree.makeFolder(file.removingLastComponent())
            let partial = FilePath(file.string + ".partial")
            try FileTree.copyFile(source, to: partial)
            try FileTree.rename(partial, to: file)
            written += 1
        }
        try FileTree.replace(target.appending("set.json.sig"), with: signature)
        try FileTree.replace(target.appending("set.json"), with: set)
        try FileTree.flushFolder(target)
        return written
    }
}

/// A tap as one file that git reads.
enum TapBundle {
    /// Blocking.
    static func write(_ repository: FilePath, to bundle: FilePath) throws {
        try git(
            ["--git-dir", gitFolder(repository).string, "bundle", "create", bundle.string, "HEAD", "--branches"], bundle
        )
    }

    /// A bare clone of it. Blocking.
    static func unpack(_ bundle: FilePath, to repository: FilePath) throws {
        try git(["clone", "--quiet", "--mirror", bundle.string, repository.string], bundle)
    }

    private static func gitFolder(_ repository: FilePath) -> FilePath {
        let inner = repository.appending(".git")
        return FileTree.exists(inner) ? inner : repository
    }

    private static func git(_ arguments: [String], _ subject: FilePath) throws {
        var said: [UInt8] = []
        let command = ChildCommand(
            ["/usr/bin/env", "git", "-c", "safe.directory=*"] + arguments,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent",
                "GIT_CONFIG_NOSYSTEM": "1",
            ],
            directory: nil)
        let exit = try ChildProcess.run(command) { said += $0 }
        guard exit.isSuccess else { throw TapError.git(subject.string, String(decoding: said, as: UTF8.self)) }
    }
}
