/// Takes a response as it arrives; called on the thread of the `CurlMulti` that runs the transfer.
package protocol CurlReceiver: AnyObject {
    /// Called once, before any bytes. False ends the transfer.
    func receive(_ head: CurlResponseHead) -> Bool
    func receive(_ bytes: RawSpan) -> CurlReception
}

package enum CurlReception: Sendable {
    case taken
    /// Not taken: to be offered again after `CurlTransfer.resume()`.
    case later
    /// Not wanted: ends the transfer.
    case stop
}

/// How a transfer ended.
package enum CurlOutcome: Sendable, Equatable {
    case complete
    /// The receiver ended it.
    case stopped
    case cancelled
    case failed(CurlFailure)
}

extension [UInt8] {
    /// Copies bytes that are only lent.
    package mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }
}
