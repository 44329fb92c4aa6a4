import NIOCore

/// What one connection may take of the server.
struct ConnectionLimits: Sendable {
    /// From the first byte of a request's head to its last.
    var headTime = TimeAmount.seconds(15)
    /// Between two pieces of a request's body.
    var bodySilence = TimeAmount.seconds(120)
    /// Without a request.
    var idleTime = TimeAmount.seconds(75)
    var headerBytes = 32 << 10
    var connections = 8192
    /// For one address; 0 is no limit.
    var connectionsPerClient = 0
}

/// Since when a connection has been silent, and in the middle of what.
struct ConnectionWatch {
    private var touched = NIODeadline.now()
    private var headBegan: NIODeadline?
    /// Requests that the server has begun to read and has not answered.
    var openExchanges = 0
    var isBodyPending = false

    var isHeadPending = false {
        didSet {
            if !isHeadPending { headBegan = nil } else if headBegan == nil { headBegan = touched }
        }
    }

    mutating func touch(_ now: NIODeadline) { touched = now }

    func isOverdue(_ now: NIODeadline, isBusy: Bool, _ limits: ConnectionLimits) -> Bool {
        if let headBegan { return now - headBegan > limits.headTime }
        let silence = now - touched
        if isBodyPending { return silence > limits.bodySilence }
        return openExchanges == 0 && !isBusy && silence > limits.idleTime
    }
}
