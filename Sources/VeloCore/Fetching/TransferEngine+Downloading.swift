package import SystemPackage
import VeloSystem

extension TransferEngine {
    /// Downloads into `file`, which appears only when size and digest are right.
    ///
    /// Until then the bytes are beside it, in `<file>.partial`, with a journal of what is there: they stay when the
    /// download is interrupted or cancelled and a later run can tell that they are good, and are gone when they were
    /// wrong. Of two downloads into one file at a time the second fails with `flock` and `.wouldBlock`.
    ///
    /// `flushes`: the bytes are on the disk before the name appears, and the name before this returns.
    /// - Throws: `FetchError` for what the network and servers did, `SystemError` for the disk.
    package func download(
        _ request: TransferRequest, to file: FilePath, flushes: Bool = true,
        events: @escaping TransferEvents = { _ in }
    ) async throws -> TransferResult {
        if policy.isOffline { throw FetchError.offline(missing: [request.name]) }
        let began = timing.now()
        lastDownload += 1
        let number = lastDownload
        let partial = Self.partialPath(of: file)
        let journal = DownloadJournal.path(of: file)
        let download = try FileDownload(
            request, into: partial, journal: journal, policy, multi, desk, hashing, ways(number), events: events)
        downloads[number] = download
        defer { downloads[number] = nil }
        let outcome = try await outcome(of: download, number)
        if flushes { try await download.file.flush() }
        try FileTree.rename(partial, to: file)
        try download.removeJournal()
        if flushes { try FileTree.flushFolder(file.removingLastComponent()) }
        let result = TransferResult(
            digest: outcome.digest, size: outcome.size, url: outcome.url, elapsed: timing.now() - began,
            streams: outcome.streams, retries: outcome.retries, firstByte: outcome.firstByte)
        events(.finished(result))
        return result
    }

    /// Where the bytes of an unfinished download are.
    package static func partialPath(of file: FilePath) -> FilePath { FilePath(file.string + ".partial") }

    private func outcome(of download: FileDownload, _ number: Int) async throws -> FileDownload.Outcome {
        try await withTaskCancellationHandler {
            // By name: a closure would not hand on the actor (see `CurlMulti.run`).
            try await withCheckedThrowingContinuation(isolation: self) { continuation in
                download.start { continuation.resume(with: $0) }
                // A cancellation from before this line has found nothing to end.
                if Task.isCancelled { download.cancel() }
            }
        } onCancel: {
            Task { await cancel(number) }
        }
    }

    private nonisolated func ways(_ number: Int) -> FileDownload.Ways {
        let policy = policy
        return FileDownload.Ways(
            sleep: timing.sleep, now: timing.now, jitter: timing.jitter,
            woke: { [weak self] in await self?.wake(number) },
            hashed: { [weak self] result in Task { await self?.hashed(number, result) } },
            prepare: { request in
                var prepared = CurlRequest(request.url, request.headers, policy)
                prepared.connection = request.connection
                return prepared
            })
    }

    private func cancel(_ number: Int) { downloads[number]?.cancel() }
    private func wake(_ number: Int) { downloads[number]?.woke() }

    private func hashed(_ number: Int, _ result: Result<SHA256Digest, SystemError>) {
        downloads[number]?.hashed(result)
    }
}
