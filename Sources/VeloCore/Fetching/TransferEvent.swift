package import VeloSystem

/// What can happen to a transfer, in the order in which it does.
package enum TransferEvent: Sendable, Equatable {
    /// Another process, known by its number, downloads the same file; it is waited for.
    case waiting(forProcess: Int?)
    /// An earlier run has left this many bytes, which are not fetched again.
    case resumed(bytes: Int)
    /// A request goes out; again for each part, retry and redirect.
    case started(url: String)
    /// An answer that brings the body or a part of it. `totalBytes` is the whole size, where the server tells it.
    case responded(status: Int, totalBytes: Int?)
    /// The first byte of all, so long after the first request.
    case firstByte(after: Duration)
    /// Bytes in hand, what an earlier attempt has left included. At most some twenty a second, and once at the end.
    case received(bytes: Int)
    /// Some four times a second while a file arrives, and once at the end.
    case progress(TransferProgress)
    case retrying(reason: FetchError, delay: Duration)
    /// What is known of a host has changed: it is left alone, probed, or used again.
    case health(origin: String, HostHealth)
    /// Size and digest are right, as far as they were known.
    case verified(SHA256Digest)
    case finished(TransferResult)
}

/// How a file is coming along.
package struct TransferProgress: Sendable, Equatable {
    /// Bytes in hand.
    package var bytes: Int
    package var total: Int?
    /// Bytes a second, lately.
    package var rate: Int
    package var streams: Int
    /// Exchanges that failed so far.
    package var retries: Int
}

/// Takes events on the engine's thread; has to be quick.
package typealias TransferEvents = @Sendable (TransferEvent) -> Void
