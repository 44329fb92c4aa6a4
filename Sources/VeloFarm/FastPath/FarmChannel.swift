import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOSSL

/// A connection: TLS where there is a certificate, the byte-level path, then Hummingbird.
struct FarmChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let service: FastService
    let certificate: Certificate?
    let connections: ConnectionCount

    init(
        responder: @escaping HTTPChannelHandler.Responder, service: FastService, certificate: Certificate?
    ) {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: service.limits.headerBytes, maxHeaderListSize: service.limits.headerBytes,
            maxHeaderFieldCount: 200)
        base = HTTP1Channel(
            responder: responder,
            configuration: .init(additionalChannelHandlers: [ExchangeWatch()], httpDecoderConfiguration: decoder))
        self.service = service
        self.certificate = certificate
        connections = ConnectionCount(limit: service.limits.connectionsPerClient)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let address = channel.remoteAddress?.ipAddress ?? ""
        let isAdmitted = connections.enter(address)
        if isAdmitted { channel.closeFuture.whenComplete { [connections] _ in connections.leave(address) } }
        return channel.eventLoop.makeCompletedFuture {
            // Gives up on a peer that takes nothing for so long, whatever it holds back.
            if let options = channel as? any SocketOptionProvider {
                _ = options.setUserTimeout(service.limits.stallTime)
            }
            if let certificate {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificate.context))
            }
            let fast = FastHandler(service: service, isEncrypted: certificate != nil, isAdmitted: isAdmitted)
            try channel.pipeline.syncOperations.addHandler(fast)
        }.flatMap { base.setup(channel: channel, logger: logger) }
            .flatMapThrowing { value in
                let pipeline = channel.pipeline.syncOperations
                try pipeline.handler(type: ExchangeWatch.self).fast = pipeline.handler(type: FastHandler.self)
                return value
            }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

extension SocketOptionProvider {
    fileprivate func setUserTimeout(_ time: TimeAmount) -> EventLoopFuture<Void> {
        // TCP_USER_TIMEOUT, in milliseconds
        let milliseconds = CInt(clamping: time.nanoseconds / 1_000_000)
        return unsafeSetSocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: 18), value: milliseconds)
    }
}

/// Tells the byte-level path what the server does with the requests that it got.
final class ExchangeWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    weak var fast: FastHandler?
    private var isTakenOver = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: fast?.serverBegan()
        case .end: fast?.serverHasRead()
        case .body: break
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The server proper would call it a bad request.
        if case HTTPParserError.headerOverflow? = error as? HTTPParserError, let fast { return fast.headIsTooLarge() }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        if case .head(let head) = part, let mark = head.headerFields[.fastMark] {
            isTakenOver = true
            fast?.takeOver(mark)
        }
        if case .head(let head) = part, head.status.kind != .informational { fast?.serverBeganAnswer() }
        if isTakenOver { promise?.succeed() } else { context.write(data, promise: promise) }
        guard case .end = part else { return }
        isTakenOver = false
        fast?.serverAnswered()
    }
}
