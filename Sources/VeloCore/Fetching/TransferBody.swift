import SystemPackage
import VeloSystem

/// Where the bytes of an answer go. Lives on the engine's thread.
protocol TransferBody: AnyObject {
    /// Bytes in hand.
    var count: Int { get }
    /// An exchange begins that may bring bytes.
    func begin(_ transfer: CurlTransfer)
    /// Drops everything in hand.
    func restart() throws
    func append(_ bytes: RawSpan) throws -> CurlReception
    /// Of the bytes in hand. The last thing to ask for before `restart`.
    func finishDigest() -> SHA256Digest
}

extension TransferBody {
    func begin(_ transfer: CurlTransfer) {}
}

/// A partial file on disk, hashed as it grows.
final class FileBody: TransferBody {
    private var file: CurlPartialFile

    init(_ path: FilePath) throws { file = try CurlPartialFile(opening: path) }

    var count: Int { file.count }

    /// Reads what an earlier run has left, in pieces, so that the thread's transfers go on in between.
    func absorb() async throws {
        while try file.absorb() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    func restart() throws { try file.restart() }

    func append(_ bytes: RawSpan) throws -> CurlReception {
        try file.append(bytes)
        return .taken
    }

    func finishDigest() -> SHA256Digest { file.finishDigest() }

    func flush() async throws { try await file.flush() }
}

/// A document in memory.
final class MemoryBody: TransferBody {
    private(set) var bytes: [UInt8] = []

    var count: Int { bytes.count }

    func restart() { bytes = [] }

    func append(_ bytes: RawSpan) -> CurlReception {
        self.bytes.append(bytes)
        return .taken
    }

    func finishDigest() -> SHA256Digest { .of(bytes) }
}
