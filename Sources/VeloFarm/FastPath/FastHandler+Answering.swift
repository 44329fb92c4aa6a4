import Glibc
import NIOCore
import SystemPackage

/// A file on its way out in pieces, where the kernel cannot send it by itself: over TLS.
struct FileSending {
    var descriptor: Int32
    var position: Int
    var end: Int
    var keepsOpen: Bool

    /// The end of one goes with the end of the connection, too.
    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }
}

extension FastHandler {
    /// One piece over TLS: large enough that a record's cost does not show, small enough to be gone soon.
    private static let pieceSize = 256 << 10
    /// What the kernel sends at a time of a file, at most.
    private static let sentAtOnce = 2 << 20

    /// Writes an answer; false when it cannot be given after all, and nothing was written.
    func give(_ answer: AnswerCache.Answer, _ request: PlainRequest, _ context: ChannelHandlerContext) -> Bool {
        if let condition = request.ifNoneMatch, EntityTags(condition).match(answer.entityTag) {
            write(answer.unchangedHead, request, context)
            service.counters.count(request.isHead ? "HEAD" : "GET", 304)
            return true
        }
        if request.isHead {
            write(answer.head, request, context)
            service.counters.count("HEAD", 200)
            return true
        }
        let isRangeWanted = request.ifRange.map { $0 == answer.entityTag } ?? true
        switch ByteRange(isRangeWanted ? request.range : nil, size: answer.size) {
        case .whole:
            return send(0..<answer.size, of: answer, answer.head, 200, request, context)
        case .part(let part):
            let range = part.lowerBound..<(part.upperBound + 1)
            let head = ByteBuffer(
                string: "HTTP/1.1 206 Partial Content\r\n\(answer.fields)"
                    + "Content-Range: bytes \(part.lowerBound)-\(part.upperBound)/\(answer.size)\r\n"
                    + "Content-Length: \(range.count)\r\n")
            return send(range, of: answer, head, 206, request, context)
        case .unsatisfiable:
            write(
                ByteBuffer(
                    string: "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */\(answer.size)\r\n"
                        + "Content-Length: 0\r\n"), request, context)
            service.counters.count("GET", 416)
            return true
        }
    }

    /// A head and what ends it; closes afterwards where the client wants that.
    private func write(_ head: ByteBuffer, _ request: PlainRequest, _ context: ChannelHandlerContext) {
        writeHead(head, request, context)
        if !request.keepsOpen { closeAfterFlush(context) }
    }

    func writeHead(_ head: ByteBuffer, _ request: PlainRequest, _ context: ChannelHandlerContext) {
        var head = head
        head.writeImmutableBuffer(service.dateLine(context.eventLoop))
        head.writeStaticString(request.keepsOpen ? "\r\n" : "Connection: close\r\n\r\n")
        context.write(wrapOutboundOut(head), promise: nil)
    }

    private func send(
        _ range: Range<Int>, of answer: AnswerCache.Answer, _ head: ByteBuffer, _ status: Int, _ request: PlainRequest,
        _ context: ChannelHandlerContext
    ) -> Bool {
        switch answer.body {
        case .bytes(let bytes):
            guard let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) else {
                return false
            }
            writeHead(head, request, context)
            context.write(wrapOutboundOut(slice), promise: nil)
            if !request.keepsOpen { closeAfterFlush(context) }
        case .file(let path):
            let descriptor = open(path.string, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            writeHead(head, request, context)
            sendFile(descriptor, range, keepsOpen: request.keepsOpen, context)
        }
        service.counters.count("GET", status)
        service.counters.sent(range.count)
        return true
    }

    private func sendFile(
        _ descriptor: Int32, _ range: Range<Int>, keepsOpen: Bool, _ context: ChannelHandlerContext
    ) {
        service.counters.beginTransfer()
        guard !isEncrypted else {
            sending = FileSending(
                descriptor: descriptor, position: range.lowerBound, end: range.upperBound, keepsOpen: keepsOpen)
            return sendPieces(context)
        }
        // The handle owns the descriptor; `sending` only says that something is on its way.
        sending = FileSending(descriptor: -1, position: 0, end: 0, keepsOpen: keepsOpen)
        let file = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
        let isLarge = range.count > Self.sentAtOnce
        if isLarge { cork(true, context) }
        sendRegions(file, range, isCorked: isLarge, keepsOpen: keepsOpen, context)
    }

    /// Sends a file by the kernel, one region after the other: whoever takes it as fast as it comes leaves the loop to
    /// others in between.
    private func sendRegions(
        _ file: NIOFileHandle, _ rest: Range<Int>, isCorked: Bool, keepsOpen: Bool, _ context: ChannelHandlerContext
    ) {
        let upper = min(rest.upperBound, rest.lowerBound + Self.sentAtOnce)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let done = context.eventLoop.makePromise(of: Void.self)
        done.futureResult.whenComplete { result in
            let isOut = if case .success = result { true } else { false }
            let isLast = !isOut || upper == rest.upperBound
            if isLast { try? file.close() }
            // Not from inside the flush.
            bound.eventLoop.execute {
                let (handler, context) = bound.value
                if isLast {
                    if isCorked { handler.cork(false, context) }
                    if handler.sending != nil { handler.endSending(context, isWhole: isOut, keepsOpen: keepsOpen) }
                } else if handler.sending != nil {
                    handler.sendRegions(
                        file, upper..<rest.upperBound, isCorked: isCorked, keepsOpen: keepsOpen, context)
                } else {
                    try? file.close()
                }
            }
        }
        let region = FileRegion(fileHandle: file, readerIndex: rest.lowerBound, endIndex: upper)
        context.writeAndFlush(NIOAny(region), promise: done)
    }

    /// Whether packets wait until they are full. It spares a large file the waking of its reader for each few pages.
    private func cork(_ isCorked: Bool, _ context: ChannelHandlerContext) {
        let option = ChannelOptions.tcpOption(NIOBSDSocket.Option(rawValue: TCP_CORK))
        try? context.channel.syncOptions?.setOption(option, value: isCorked ? 1 : 0)
    }

    /// Writes as much of a file as the connection takes now.
    func sendPieces(_ context: ChannelHandlerContext) {
        while var file = sending, context.channel.isWritable {
            let count = min(Self.pieceSize, file.end - file.position)
            guard count > 0 else { return endSending(context, isWhole: true, keepsOpen: file.keepsOpen) }
            var piece = context.channel.allocator.buffer(capacity: count)
            let read = piece.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
                max(0, pread(file.descriptor, space.baseAddress, count, off_t(file.position)))
            }
            guard read > 0 else { return endSending(context, isWhole: false, keepsOpen: false) }
            file.position += read
            sending = file
            context.writeAndFlush(wrapOutboundOut(piece), promise: nil)
        }
    }
}

/// How far a file that still grows has been sent.
struct GrowingSending {
    let file: GrowingFile
    var position: Int
    let end: Int
    let keepsOpen: Bool
}

extension FastHandler {
    /// What leaves at a time: by sendfile, and over TLS through memory.
    private static let regionSize = 8 << 20

    /// Sends what there is of a file and what comes, until all of it is out.
    func send(_ answer: GrowingAnswer, _ request: PlainRequest, _ context: ChannelHandlerContext) {
        service.counters.beginTransfer()
        sending = FileSending(descriptor: -1, position: 0, end: 0, keepsOpen: request.keepsOpen)
        growing = GrowingSending(file: answer.file, position: 0, end: answer.total, keepsOpen: request.keepsOpen)
        writeHead(answer.head, request, context)
        context.flush()
        sendGrowing(context)
    }

    private func sendGrowing(_ context: ChannelHandlerContext) {
        guard let state = growing else { return }
        guard state.position < state.end else { return endSending(context, isWhole: true, keepsOpen: state.keepsOpen) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let step = state.file.step(beyond: state.position) {
            bound.eventLoop.execute {
                let (handler, context) = bound.value
                handler.sendGrowing(context)
            }
        }
        switch step {
        case .later: break
        case .end, .failed: endSending(context, isWhole: false, keepsOpen: false)
        case .bytes(let count):
            let upper = min(count, state.end, state.position + (isEncrypted ? Self.pieceSize : Self.regionSize))
            write(state, upTo: upper, bound, context)
        }
    }

    private func write(
        _ state: GrowingSending, upTo upper: Int, _ bound: NIOLoopBound<(FastHandler, ChannelHandlerContext)>,
        _ context: ChannelHandlerContext
    ) {
        let done = context.eventLoop.makePromise(of: Void.self)
        let count = upper - state.position
        service.counters.sent(count)
        if isEncrypted {
            guard let piece = try? state.file.read(at: state.position, count: count) else {
                done.succeed()
                return endSending(context, isWhole: false, keepsOpen: false)
            }
            context.writeAndFlush(wrapOutboundOut(piece), promise: done)
        } else {
            let descriptor = dup(state.file.descriptor)
            guard descriptor >= 0 else {
                done.succeed()
                return endSending(context, isWhole: false, keepsOpen: false)
            }
            let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
            let region = FileRegion(fileHandle: handle, readerIndex: state.position, endIndex: upper)
            done.futureResult.whenComplete { _ in try? handle.close() }
            context.writeAndFlush(NIOAny(region), promise: done)
        }
        done.futureResult.whenComplete { result in
            let isOut = if case .success = result { true } else { false }
            // Not from inside the flush.
            bound.eventLoop.execute {
                let (handler, context) = bound.value
                guard handler.growing != nil else { return }
                guard isOut else { return handler.endSending(context, isWhole: false, keepsOpen: false) }
                handler.growing?.position = upper
                handler.sendGrowing(context)
            }
        }
    }
}
