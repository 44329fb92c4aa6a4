import NIOCore

/// What one connection may take of the server.
struct ConnectionLimits: Sendable {
    /// From the first byte of a request's head to its last.
    var headTime = TimeAmount.seconds(15)
    /// Between two pieces of a request's body.
    var bodySilence = TimeAmount.seconds(120)
    /// Without a request.
    var idleTime = TimeAmount.seconds(75)
    /// In which the client takes nothing of what is sent.
    var stallTime = TimeAmount.seconds(60)
    /// What is read, and thrown away, of a body that was refused, so that its sender sees the answer.
    var drainedBytes = 16 << 20
    var headerBytes = 32 << 10
    var connections = 8192
    /// For one address; 0 is no limit.
    var connectionsPerClient = 0

    /// How often a connection is looked at.
    var checkInterval: TimeAmount {
        let shortest = min(headTime, bodySilence, idleTime)
        return min(.seconds(5), .nanoseconds(shortest.nanoseconds / 4))
    }
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

    enum Overdue { case head, body, idle }

    /// What a connection has kept the server waiting for; nil as long as that is not too long.
    func overdue(_ now: NIODeadline, isBusy: Bool, _ limits: ConnectionLimits) -> Overdue? {
        if let headBegan { return now - headBegan > limits.headTime ? .head : nil }
        let silence = now - touched
        if isBodyPending { return silence > limits.bodySilence ? .body : nil }
        return openExchanges == 0 && !isBusy && silence > limits.idleTime ? .idle : nil
    }
}
