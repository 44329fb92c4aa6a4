package import VeloSystem

/// What can happen to a transfer, in the order in which it does.
package enum TransferEvent: Sendable, Equatable {
    /// Another process, known by its number, downloads the same file; it is waited for.
    case waiting(forProcess: Int?)
    /// A request goes out; again after each retry and redirect.
    case started(url: String)
    /// An answer that brings the body. `totalBytes` is the whole size, where the server tells it.
    case responded(status: Int, totalBytes: Int?)
    /// Bytes in hand, what an earlier attempt has left included. At most some twenty a second, and once at the end.
    case received(bytes: Int)
    case retrying(reason: FetchError, delay: Duration)
    /// Size and digest are right, as far as they were known.
    case verified(SHA256Digest)
    case finished(TransferResult)
}

/// Takes events on the engine's thread; has to be quick.
package typealias TransferEvents = @Sendable (TransferEvent) -> Void
