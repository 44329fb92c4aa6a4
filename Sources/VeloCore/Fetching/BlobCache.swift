package import SystemPackage
package import VeloSystem

/// Files by the digest of their bytes, each verified before it gets its name.
///
///     <root>/sha256/ab/abcdef…            a blob, whole and right, never written again
///     <root>/sha256/ab/abcdef….partial    what has arrived of it so far
///     <root>/sha256/ab/abcdef….journal    which bytes those are
///     <root>/sha256/ab/abcdef….lock       held by the process that is fetching it; gone afterwards
///
/// However many tasks and processes want a blob, one of them downloads it.
package final class BlobCache: Sendable {
    package let root: FilePath
    /// Whether to do without the network.
    package let isOffline: Bool
    private let flights = InFlight<SHA256Digest, FilePath, TransferEvent>()

    package init(root: FilePath, isOffline: Bool = false) {
        self.root = root
        self.isOffline = isOffline
    }

    /// Where a blob is, or would be.
    package func path(of digest: SHA256Digest) -> FilePath {
        root.appending("sha256").appending(String(digest.hex.prefix(2))).appending(digest.hex)
    }

    /// Nil when it is not there.
    package func blob(_ digest: SHA256Digest) -> FilePath? {
        let path = path(of: digest)
        return FileTree.exists(path) ? path : nil
    }

    /// Finds out before the work begins that offline it cannot be finished.
    ///
    /// - Throws: `FetchError.offline` with the names of all that is missing; never while online.
    package func require(_ requests: [TransferRequest]) throws {
        guard isOffline else { return }
        let missing = requests.filter { request in request.digest.map { blob($0) == nil } ?? true }
        if !missing.isEmpty { throw FetchError.offline(missing: missing.map(\.name)) }
    }

    /// The blob, from here or from where the request says. Events come only if something is downloaded.
    ///
    /// - Throws: `FetchError` for what the network and servers did, `SystemError` for the disk.
    package func fetch(
        _ digest: SHA256Digest, from request: TransferRequest, using engine: TransferEngine,
        events: @escaping TransferEvents = { _ in }
    ) async throws -> FilePath {
        if let path = blob(digest) { return path }
        if isOffline { throw FetchError.offline(missing: [request.name]) }
        var request = request
        request.digest = digest
        do {
            return try await flights.value(for: digest, events: events) { [self, request] events in
                try await arrive(digest, request, engine, events)
            }
        } catch is CancellationError {
            throw FetchError.cancelled(url: request.name)
        }
    }

    /// Takes a copy of a file that is said to have this digest.
    ///
    /// - Throws: `FetchError.wrongFile` when it has another; `SystemError` for the disk.
    package func adopt(_ file: FilePath, _ digest: SHA256Digest) async throws -> FilePath {
        if let path = blob(digest) { return path }
        let path = try makePlace(for: digest)
        let lock = try await FileLock.acquire(lockPath(of: path))
        let copy = FilePath(path.string + ".copy")
        try await BlockingThread.run {
            do {
                try FileTree.copyFile(file, to: copy)
                try FileTree.setMode(copy, 0o644)
                // Of the copy: the original may still be changing.
                let actual = try SHA256Digest.ofFile(copy, flushes: true)
                guard actual == digest else {
                    throw FetchError.wrongFile(path: file.string, expected: digest, actual: actual)
                }
                try FileTree.rename(copy, to: path)
                try FileTree.flushFolder(path.removingLastComponent())
            } catch {
                try? FileTree.removeFile(copy)
                throw error
            }
        }
        lock.release()
        return path
    }

    private func arrive(
        _ digest: SHA256Digest, _ request: TransferRequest, _ engine: TransferEngine, _ events: @escaping TransferEvents
    ) async throws -> FilePath {
        let path = try makePlace(for: digest)
        let lock = try await FileLock.acquire(lockPath(of: path)) { events(.waiting(forProcess: $0)) }
        // Whoever held the lock may have brought it.
        if blob(digest) == nil { _ = try await engine.download(request, to: path, events: events) }
        lock.release()
        return path
    }

    private func makePlace(for digest: SHA256Digest) throws -> FilePath {
        let path = path(of: digest)
        try FileTree.makeFolder(path.removingLastComponent())
        return path
    }

    private func lockPath(of path: FilePath) -> FilePath { FilePath(path.string + ".lock") }
}
