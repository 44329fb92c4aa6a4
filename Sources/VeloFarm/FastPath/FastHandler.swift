import Glibc
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import SystemPackage

/// Stands before the server on every connection and answers from the cache what it can, at the level of bytes: a blob
/// leaves by `sendfile`, a small one in one `writev` with its head.
///
/// ```
/// bytes ──▶ FastHandler ──(what is not in the cache)──▶ HTTP decoder ──▶ … ──▶ Hummingbird
/// bytes ◀── FastHandler / HTTP encoder ◀── ExchangeWatch ◀── …
/// ```
///
/// Answers leave in the order of the requests: while the server has a request, or a file is being sent, later bytes
/// wait here. After a request with a body it lets everything through.
final class FastHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let service: FastService
    let isEncrypted: Bool
    /// False when its address has too many connections: then it gets to know that, and nothing else.
    private let isAdmitted: Bool
    /// All further bytes are the server's.
    private var isTransparent = false
    private var waiting = ByteBuffer()
    /// Requests that the server has and has not answered.
    private var outstanding = 0
    /// The request that the server has, when it came from here.
    private var forwarded: PlainRequest?
    /// The file that is being sent in pieces over TLS, or by sendfile.
    var sending: FileSending?
    /// The file that still grows and is being sent.
    var growing: GrowingSending?
    private var isClosing = false
    /// The server has begun an answer and not ended it.
    private var isAnswering = false
    /// Bytes that came of a body after its answer.
    private var drained = 0
    private var heldEvent: ChannelShouldQuiesceEvent?
    private var context: ChannelHandlerContext?
    private var watch = ConnectionWatch()
    private var timer: Scheduled<Void>?
    private(set) var client = ""

    /// More than this is not kept waiting: the server takes it over.
    private static let waitingLimit = 256 << 10

    init(service: FastService, isEncrypted: Bool, isAdmitted: Bool) {
        self.service = service
        self.isEncrypted = isEncrypted
        self.isAdmitted = isAdmitted
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        client = context.channel.remoteAddress?.ipAddress ?? ""
        watch.touch(.now())
        schedule(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        if let sending {
            sending.close()
            service.counters.endTransfer()
        }
        sending = nil
        growing = nil
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        if let sending {
            sending.close()
            service.counters.endTransfer()
        }
        sending = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watch.touch(.now())
        guard isAdmitted else {
            return refuse(.tooManyConnections(limit: service.limits.connectionsPerClient), context)
        }
        guard !isClosing else { return }
        guard !isTransparent else {
            guard drains(unwrapInboundIn(data).readableBytes) else { return context.close(promise: nil) }
            return context.fireChannelRead(data)
        }
        var bytes = unwrapInboundIn(data)
        if waiting.readableBytes == 0 { waiting = bytes } else { waiting.writeBuffer(&bytes) }
        proceed(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        context.fireChannelReadComplete()
    }

    /// Takes requests from what waits, for as long as none is under way.
    private func proceed(_ context: ChannelHandlerContext) {
        while outstanding == 0, sending == nil, !isTransparent, !isClosing, waiting.readableBytes > 0 {
            switch waiting.withUnsafeReadableBytes({ PlainRequest.read($0) }) {
            case .incomplete:
                guard waiting.readableBytes > service.limits.headerBytes else {
                    // Its time runs from here.
                    watch.isHeadPending = true
                    return
                }
                return headIsTooLarge()
            case .other:
                let isTooLarge = waiting.withUnsafeReadableBytes {
                    PlainRequest.isHeadLarger($0, than: service.limits.headerBytes)
                }
                return isTooLarge ? headIsTooLarge() : becomeTransparent(context)
            case .plain(let request, let count):
                guard count <= service.limits.headerBytes else { return headIsTooLarge() }
                guard let head = waiting.readSlice(length: count) else { return }
                if let answer = service.answer(request, client: client), give(answer, request, context) {
                    service.counters.countFast()
                } else {
                    outstanding += 1
                    forwarded = request
                    context.fireChannelRead(wrapInboundOut(marked(head)))
                    context.fireChannelReadComplete()
                }
            }
        }
        if waiting.readableBytes > Self.waitingLimit, sending == nil { becomeTransparent(context) }
        if waiting.readableBytes == 0 { waiting.clear(minimumCapacity: 0) }
        watch.isHeadPending = waiting.readableBytes > 0 && outstanding == 0 && sending == nil
    }

    /// Tells the server that this handler can send the answer: by a field that only this process knows.
    private func marked(_ head: ByteBuffer) -> ByteBuffer {
        var marked = head.getSlice(at: head.readerIndex, length: head.readableBytes - 2) ?? head
        marked.writeString("\(FastService.mark): \(service.secret)\r\n\r\n")
        return marked
    }

    /// The server has put the answer into the cache and leaves it to this handler to send it.
    func takeOver(_ mark: String) {
        guard let context, let request = forwarded else { return }
        forwarded = nil
        if let growing = service.cache.take(mark) {
            return send(growing, request, context)
        }
        if let answer = service.cache.answer(request.target), give(answer, request, context) {
            context.flush()
            return
        }
        // Collected this very moment.
        context.write(
            wrapOutboundOut(
                ByteBuffer(
                    string:
                        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
                )), promise: nil)
        closeAfterFlush(context)
    }

    func headIsTooLarge() {
        guard let context else { return }
        refuse(.headTooLarge(limit: service.limits.headerBytes), context)
    }

    /// Ends the connection, with an answer where none is under way.
    private func refuse(_ refusal: ConnectionRefusal, _ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        let isFree = !isAnswering && sending == nil
        service.refused(refusal, client, isAnswered: isFree)
        guard isFree else { return context.close(promise: nil) }
        context.write(wrapOutboundOut(refusal.answer), promise: nil)
        closeAfterFlush(context)
    }

    /// Whether the rest of a body that was answered already may still come.
    private func drains(_ count: Int) -> Bool {
        guard watch.isBodyPending, watch.openExchanges == 0 else {
            drained = 0
            return true
        }
        drained += count
        return drained <= service.limits.drainedBytes
    }

    private func becomeTransparent(_ context: ChannelHandlerContext) {
        isTransparent = true
        let rest = waiting
        waiting = ByteBuffer()
        watch.isHeadPending = false
        context.flush()
        context.fireChannelRead(wrapInboundOut(rest))
        context.fireChannelReadComplete()
    }

    // What `ExchangeWatch` sees of the server's side.

    func serverBegan() {
        watch.openExchanges += 1
        watch.isBodyPending = true
    }

    func serverHasRead() { watch.isBodyPending = false }

    func serverBeganAnswer() { isAnswering = true }

    func serverAnswered() {
        isAnswering = false
        watch.touch(.now())
        watch.openExchanges = max(0, watch.openExchanges - 1)
        guard outstanding > 0 else { return }
        outstanding -= 1
        forwarded = nil
        guard outstanding == 0, let context, waiting.readableBytes > 0 else { return }
        // Not from inside the write that ended the answer.
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let (handler, context) = bound.value
            guard handler.context != nil else { return }
            handler.proceed(context)
            context.flush()
        }
    }

    /// A file is out, or has broken off.
    func endSending(_ context: ChannelHandlerContext, isWhole: Bool, keepsOpen: Bool) {
        sending?.close()
        sending = nil
        growing = nil
        service.counters.endTransfer()
        watch.touch(.now())
        guard isWhole, keepsOpen else { return closeAfterFlush(context) }
        if let event = heldEvent {
            heldEvent = nil
            context.fireUserInboundEventTriggered(event)
        }
        proceed(context)
        context.flush()
    }

    func closeAfterFlush(_ context: ChannelHandlerContext) {
        isClosing = true
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in bound.value.close(promise: nil) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if sending != nil, isEncrypted { sendPieces(context) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelShouldQuiesceEvent, sending != nil {
            heldEvent = event
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: service.limits.checkInterval) {
            let (handler, context) = bound.value
            guard handler.context != nil else { return }
            switch handler.watch.overdue(.now(), isBusy: handler.sending != nil, handler.service.limits) {
            case .head: handler.refuse(.headTooSlow, context)
            case .body: handler.refuse(.bodyTooSlow, context)
            case .idle: context.close(promise: nil)
            case nil where !handler.isAdmitted: context.close(promise: nil)
            case nil: break
            }
            handler.schedule(context)
        }
    }
}
