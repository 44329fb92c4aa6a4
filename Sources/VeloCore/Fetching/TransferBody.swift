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
}

extension TransferBody {
    func begin(_ transfer: CurlTransfer) {}
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
}
