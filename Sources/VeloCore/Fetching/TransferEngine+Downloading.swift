package import SystemPackage
import VeloSystem

extension TransferEngine {
    /// Downloads into `file`, which appears only when size and digest are right.
    ///
    /// Until then the bytes are beside it, in `<file>.partial`. A digest makes them resumable by a later run: they stay
    /// when the transfer is interrupted or cancelled, and are gone when they were wrong. Two downloads into one file at
    /// a time are for the caller to prevent, as `BlobCache` does.
    ///
    /// - Throws: `FetchError` for what the network and servers did, `SystemError` for the disk.
    package func download(
        _ request: TransferRequest, to file: FilePath, events: @escaping TransferEvents = { _ in }
    ) async throws -> TransferResult {
        let began = timing.now()
        let partial = Self.partialPath(of: file)
        var machine = TransferMachine(request, policy: policy, purpose: .file)
        let body = try FileBody(partial)
        do {
            try await prepare(body, request)
            let answer = try await run(&machine, into: body, events: events)
            guard let digest = answer.digest else { preconditionFailure("a file was not verified") }
            try await body.flush()
            try FileTree.rename(partial, to: file)
            try FileTree.flushFolder(file.removingLastComponent())
            let result = TransferResult(
                digest: digest, size: body.count, url: answer.url?.description ?? request.name,
                elapsed: timing.now() - began)
            events(.finished(result))
            return result
        } catch {
            // The first error is the one to tell; leftovers are only bytes.
            if !machine.keepsPartial || body.count == 0 { try? FileTree.removeFile(partial) }
            throw error
        }
    }

    /// Where the bytes of an unfinished download are.
    package static func partialPath(of file: FilePath) -> FilePath { FilePath(file.string + ".partial") }

    /// Takes over what an earlier run has left, when a digest will tell whether it is any good.
    private func prepare(_ body: FileBody, _ request: TransferRequest) async throws {
        guard request.digest != nil else { return try body.restart() }
        do {
            try await body.absorb()
        } catch is CancellationError {
            throw FetchError.cancelled(url: request.name)
        }
        if let size = request.size, body.count > size { try body.restart() }
    }
}
